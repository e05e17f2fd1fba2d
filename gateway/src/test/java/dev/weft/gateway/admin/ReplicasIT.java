package dev.weft.gateway.admin;

import io.quarkus.test.junit.QuarkusIntegrationTest;

@QuarkusIntegrationTest
class ReplicasIT extends ReplicasTest {}
