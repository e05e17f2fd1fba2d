package dev.weft.gateway.oidc;

import static dev.weft.gateway.fixtures.KeyClient.admin;
import static dev.weft.gateway.fixtures.KeyClient.bearer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.gateway.fixtures.Http;
import dev.weft.gateway.fixtures.Http.Answer;
import dev.weft.gateway.fixtures.KeyClient;
import dev.weft.gateway.fixtures.KeysProfile;
import dev.weft.gateway.fixtures.ScriptedInference;
import dev.weft.testkit.DatabaseResource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.ResourceArg;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Tokens in the place of keys, over REST; {@link OidcIT} runs the same against the packaged gateway. */
@QuarkusTest
@TestProfile(KeysProfile.class)
@QuarkusTestResource(value = IssuerResource.class, restrictToAnnotatedClass = true)
@QuarkusTestResource(ScriptedInference.class)
@QuarkusTestResource(value = DatabaseResource.class, initArgs = @ResourceArg(name = "schema", value = "gateway"))
class OidcTest {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String EMBED = "{\"model\": \"embed\", \"input\": \"rent\"}";

    @TestHTTPResource
    private URI uri;

    private Http http;

    @BeforeEach
    void connect() {
        http = new Http(uri);
        // The provider's keys are fetched while the gateway starts, and after.
        await().atMost(PATIENCE).until(() -> embed(token()).status() != 503);
    }

    private static String token() {
        return System.getProperty(IssuerResource.TOKEN);
    }

    private Answer embed(String token) {
        return http.post("/v1/embeddings", EMBED, bearer(token));
    }

    @Test
    void tokenLetsItsSubjectInAsFarAsItsWordsSay() {
        assertThat(embed(token()).status()).isEqualTo(200);

        Answer keys = http.get(KeyClient.KEYS, bearer(token()));
        assertThat(keys.status()).isEqualTo(403);
        assertThat(keys.text()).contains("admin");
    }

    @Test
    void forgedTokenIsRefused() {
        Answer refused = embed(System.getProperty(IssuerResource.FORGED));

        assertThat(refused.status()).isEqualTo(401);
        assertThat(refused.header("WWW-Authenticate")).isEqualTo("Bearer realm=\"weft\"");
        assertThat(refused.text()).contains("token").doesNotContain(System.getProperty(IssuerResource.FORGED));
    }

    @Test
    void keysGoOnBeingTaken() {
        assertThat(embed(new KeyClient(http).create("embed").text()).status()).isEqualTo(200);
    }

    @Test
    void usageIsCountedForTheSubject() {
        assertThat(embed(token()).status()).isEqualTo(200);

        await().atMost(PATIENCE).untilAsserted(() -> assertThat(
                        http.get("/api/v1/usage?group_by=key", admin()).text())
                .contains("oidc:ana"));
    }
}
