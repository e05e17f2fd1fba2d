package dev.weft.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.vertx.core.Vertx;
import io.vertx.core.net.SocketAddress;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplicaAddressesTest {

    private final Vertx vertx = Vertx.vertx();

    /** What the name server knows; null when it knows nothing. */
    private final AtomicReference<List<String>> known = new AtomicReference<>(List.of());

    private final ReplicaAddresses addresses =
            new ReplicaAddresses("dns:///inference:8081", vertx, name -> resolve(name, known.get()));

    @AfterEach
    void close() {
        vertx.close();
    }

    private static List<InetAddress> resolve(String name, List<String> known) throws UnknownHostException {
        if (known.isEmpty() || !name.equals("inference")) {
            throw new UnknownHostException(name);
        }
        List<InetAddress> found = new java.util.ArrayList<>();
        for (String address : known) {
            found.add(InetAddress.getByName(address));
        }
        return found;
    }

    private static SocketAddress next(ReplicaAddresses addresses) throws Exception {
        return addresses.next().toCompletionStage().toCompletableFuture().get(10, TimeUnit.SECONDS);
    }

    private Set<String> hosts(int asked) throws Exception {
        Set<String> hosts = new HashSet<>();
        for (int i = 0; i < asked; i++) {
            hosts.add(next(addresses).host());
        }
        return hosts;
    }

    @Test
    void allReplicasTakeTurns() throws Exception {
        known.set(List.of("10.0.0.1", "10.0.0.2", "10.0.0.3"));

        assertThat(hosts(3)).containsExactlyInAnyOrder("10.0.0.1", "10.0.0.2", "10.0.0.3");
        assertThat(addresses.size()).isEqualTo(3);
        assertThat(next(addresses).port()).isEqualTo(8081);
    }

    @Test
    void nameThatIsNotFoundFailsAndIsFoundOnceItIsThere() throws Exception {
        assertThatThrownBy(() -> next(addresses))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(UnknownHostException.class);

        known.set(List.of("10.0.0.1"));

        assertThat(next(addresses).host()).isEqualTo("10.0.0.1");
    }

    @Test
    void doubtBringsNewReplicasInAndAFailingNameServerTakesNoneAway() throws Exception {
        known.set(List.of("10.0.0.1"));
        assertThat(hosts(2)).containsExactly("10.0.0.1");

        known.set(List.of("10.0.0.2"));
        addresses.doubt();
        await().untilAsserted(() -> assertThat(hosts(2)).containsExactly("10.0.0.2"));

        known.set(List.of());
        addresses.doubt();
        await().untilAsserted(() -> assertThat(hosts(2)).containsExactly("10.0.0.2"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"inference", ":8081", "inference:", "inference:0", "inference:70000", "dns:///x:y"})
    void malformedTargetIsRefused(String target) {
        assertThatThrownBy(() -> new ReplicaAddresses(target, vertx))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("weft.gateway.inference.target: '" + target + "'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1:9", "[::1]:9", "dns:///127.0.0.1:9"})
    void literalAddressesAreTakenAsTheyAre(String target) throws Exception {
        assertThat(next(new ReplicaAddresses(target, vertx)).port()).isEqualTo(9);
    }
}
