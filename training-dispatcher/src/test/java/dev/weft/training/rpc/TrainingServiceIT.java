package dev.weft.training.rpc;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same, against the packaged service: the JARs, or the native executable with {@code -Pnative}. */
@QuarkusIntegrationTest
class TrainingServiceIT extends TrainingServiceTest {}
