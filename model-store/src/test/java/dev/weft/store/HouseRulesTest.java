package dev.weft.store;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "dev.weft.store", importOptions = ImportOption.DoNotIncludeTests.class)
class HouseRulesTest {

    @ArchTest
    static final ArchRule packagesHaveNoCycles =
            slices().matching("dev.weft.store.(*)..").should().beFreeOfCycles().allowEmptyShould(true);

    /** So that whoever links the module decides which adapters there are, a service without a database included. */
    @ArchTest
    static final ArchRule storesAreFreeOfFrameworks = classes()
            .that()
            .resideOutsideOfPackage("dev.weft.store.rpc")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("dev.weft.store..", "dev.weft.kit..", "java..", "javax.sql..", "org.jspecify..");

    @ArchTest
    static final ArchRule portKnowsNoAdapter = noClasses()
            .that()
            .resideInAPackage("dev.weft.store")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("..store.cache..", "..store.file..", "..store.postgres..", "..store.rpc..");

    @ArchTest
    static final ArchRule nobodySleeps = noClasses().should().callMethod(Thread.class, "sleep", long.class);
}
