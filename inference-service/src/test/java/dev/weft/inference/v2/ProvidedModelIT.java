package dev.weft.inference.v2;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same, against the packaged service: the JARs, or the native executable with {@code -Pnative}. */
@QuarkusIntegrationTest
class ProvidedModelIT extends ProvidedModelTest {}
