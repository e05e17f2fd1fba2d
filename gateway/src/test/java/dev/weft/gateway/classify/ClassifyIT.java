package dev.weft.gateway.classify;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same, against the packaged gateway: the JARs, or the native executable with {@code -Pnative}. */
@QuarkusIntegrationTest
class ClassifyIT extends ClassifyTest {}
