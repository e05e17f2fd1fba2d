package dev.weft.training;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

@AnalyzeClasses(packages = "dev.weft.training", importOptions = ImportOption.DoNotIncludeTests.class)
class HouseRulesTest {

    @ArchTest
    static final ArchRule packagesHaveNoCycles = slices().matching("dev.weft.training.(*)..")
            .should()
            .beFreeOfCycles()
            .allowEmptyShould(true);

    @ArchTest
    static final ArchRule generatedClassesStayAtTheEdges = noClasses()
            .that()
            .resideOutsideOfPackages("..rpc..", "..upstream..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("dev.weft.protocol..");

    @ArchTest
    static final ArchRule tribuoHasOneImporter = noClasses()
            .that()
            .resideOutsideOfPackage("..textclassifier.head..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.tribuo..", "com.oracle.labs..");

    @ArchTest
    static final ArchRule kubernetesHasOneImporter = noClasses()
            .that()
            .resideOutsideOfPackage("..backend.kubernetes..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.fabric8..");

    @ArchTest
    static final ArchRule jobsKnowNoBackend = noClasses()
            .that()
            .resideInAPackage("..training.job..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("..backend..", "..dispatch..", "..publish..", "..rpc..", "..runtime..");

    @ArchTest
    static final ArchRule reconcilerKnowsNoAdapter = noClasses()
            .that()
            .resideInAnyPackage("..dispatch..", "..publish..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("..backend.local..", "..backend.kubernetes..", "..backend.worker..", "..rpc..");

    /** It runs where a job runs: what it knows comes with the job. */
    @ArchTest
    static final ArchRule runtimesKnowNoJob = noClasses()
            .that()
            .resideInAPackage("..runtime..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("..job..", "..dispatch..", "..backend..", "..rpc..", "..publish..");

    @ArchTest
    static final ArchRule nobodySleeps = noClasses().should().callMethod(Thread.class, "sleep", long.class);
}
