package dev.weft.gateway.training;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same, against the packaged gateway: the JARs, or the native executable with {@code -Pnative}. */
@QuarkusIntegrationTest
class FineTuningIT extends FineTuningTest {}
