package dev.weft.gateway;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "dev.weft.gateway", importOptions = ImportOption.DoNotIncludeTests.class)
class HouseRulesTest {

    @ArchTest
    static final ArchRule packagesHaveNoCycles =
            slices().matching("dev.weft.gateway.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule generatedClassesStayAtTheEdges = noClasses()
            .that()
            .resideOutsideOfPackages("..v2..", "..upstream..", "..rpc..", "..collections..", "..training..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("dev.weft.protocol..");

    @ArchTest
    static final ArchRule featuresKnowNoAdapter = noClasses()
            .that()
            .resideInAnyPackage(
                    "..openai..", "..rerank..", "..classify..", "..collections..", "..batches..", "..http..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("..upstream..");

    @ArchTest
    static final ArchRule keysLimitsAndUsageKnowNoProtocol = noClasses()
            .that()
            .resideInAnyPackage("..keys..", "..limits..", "..usage..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("..http..", "..v2..", "..openai..", "..admin..", "..door..", "..upstream..");

    @ArchTest
    static final ArchRule nobodySleeps = noClasses().should().callMethod(Thread.class, "sleep", long.class);
}
