package dev.weft.gateway.usage;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same, against the packaged gateway: the JARs, or the native executable with {@code -Pnative}. */
@QuarkusIntegrationTest
class UsageOnBehalfIT extends UsageOnBehalfTest {}
