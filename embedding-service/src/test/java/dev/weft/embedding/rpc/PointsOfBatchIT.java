package dev.weft.embedding.rpc;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** The same, against the packaged service: the JARs, or the native executable with {@code -Pnative}. */
@QuarkusIntegrationTest
class PointsOfBatchIT extends PointsOfBatchTest {}
