package dev.weft.inference.v2;

import io.quarkus.test.junit.QuarkusIntegrationTest;

@QuarkusIntegrationTest
class IdentityIT extends IdentityTest {}
