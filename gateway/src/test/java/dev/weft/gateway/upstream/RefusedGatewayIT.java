package dev.weft.gateway.upstream;

import io.quarkus.test.junit.QuarkusIntegrationTest;

@QuarkusIntegrationTest
class RefusedGatewayIT extends RefusedGatewayTest {}
