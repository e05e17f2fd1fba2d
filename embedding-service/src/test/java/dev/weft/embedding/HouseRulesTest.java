package dev.weft.embedding;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "dev.weft.embedding", importOptions = ImportOption.DoNotIncludeTests.class)
class HouseRulesTest {

    @ArchTest
    static final ArchRule packagesHaveNoCycles =
            slices().matching("dev.weft.embedding.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule generatedClassesStayAtTheEdges = noClasses()
            .that()
            .resideOutsideOfPackages("..rpc..", "..embedder..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("dev.weft.protocol..");

    @ArchTest
    static final ArchRule jvectorStaysInItsAdapter = noClasses()
            .that()
            .resideOutsideOfPackage("..vectorstore.embedded..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.github.jbellis..");

    @ArchTest
    static final ArchRule nobodyKnowsAnAdapter = noClasses()
            .that()
            .resideOutsideOfPackages("..vectorstore.embedded..", "..vectorstore.pgvector..", "..vectorstore.pinecone..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("..vectorstore.embedded..", "..vectorstore.pgvector..", "..vectorstore.pinecone..");

    @ArchTest
    static final ArchRule featuresKnowNoDrivingPackage = noClasses()
            .that()
            .resideOutsideOfPackage("..rpc..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("dev.weft.embedding.rpc..");

    @ArchTest
    static final ArchRule nobodySleeps = noClasses().should().callMethod(Thread.class, "sleep", long.class);
}
