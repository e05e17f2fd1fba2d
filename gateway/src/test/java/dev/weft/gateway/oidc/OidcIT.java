package dev.weft.gateway.oidc;

import io.quarkus.test.junit.QuarkusIntegrationTest;

/** {@link OidcTest} against the packaged gateway. */
@QuarkusIntegrationTest
class OidcIT extends OidcTest {}
