package dev.weft.inference;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "dev.weft.inference", importOptions = ImportOption.DoNotIncludeTests.class)
class HouseRulesTest {

    @ArchTest
    static final ArchRule packagesHaveNoCycles =
            slices().matching("dev.weft.inference.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule onnxRuntimeHasOneImporter = noClasses()
            .that()
            .resideOutsideOfPackage("..backend.onnxruntime..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("ai.onnxruntime..");

    @ArchTest
    static final ArchRule djlIsThePipelines = noClasses()
            .that()
            .resideOutsideOfPackages("..pipeline..", "..nativelibrary..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("ai.djl..");

    @ArchTest
    static final ArchRule generatedClassesStayAtTheEdge = noClasses()
            .that()
            .resideOutsideOfPackages("..v2..", "..rpc..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("dev.weft.protocol..");

    @ArchTest
    static final ArchRule batchingKnowsNoRuntime = noClasses()
            .that()
            .resideInAnyPackage("..batching..", "..tensor..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("ai..", "io.grpc..", "..lifecycle..", "..pipeline..", "..backend..");

    @ArchTest
    static final ArchRule nobodySleeps = noClasses().should().callMethod(Thread.class, "sleep", long.class);
}
