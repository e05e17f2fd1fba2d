package dev.weft.database.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.database.Database;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** A holder that is another process, and is killed by SIGKILL. */
class KilledHolderTest {

    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Duration TERM = Duration.ofSeconds(2);

    private final JobTable jobs = new JobTable(3);

    @Test
    void rowsOfAKilledProcessAreClaimedByAnother() throws Exception {
        Process holder = start();
        try {
            await().atMost(LIMIT).untilAsserted(() -> assertThat(
                            jobs.number("SELECT count(*) FROM job WHERE lease_owner IS NOT NULL"))
                    .isEqualTo(3));
            Leases<Long> leases = jobs.leases(TERM);
            assertThat(leases.claim(3)).isEmpty();

            holder.destroyForcibly().waitFor(10, TimeUnit.SECONDS);

            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThat(leases.claim(3)).hasSize(3));
        } finally {
            holder.destroyForcibly();
        }
    }

    private Process start() throws IOException {
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        PGSimpleDataSource source = jobs.source;
        List<String> command = List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                classPath,
                Holder.class.getName(),
                source.getURL(),
                String.valueOf(source.getUser()),
                String.valueOf(source.getPassword()));
        return new ProcessBuilder(command).inheritIO().start();
    }

    /** Claims all, and keeps it for as long as it lives. */
    static final class Holder {

        private Holder() {}

        public static void main(String[] arguments) throws InterruptedException {
            PGSimpleDataSource source = new PGSimpleDataSource();
            source.setUrl(arguments[0]);
            source.setUser(arguments[1]);
            source.setPassword(arguments[2]);
            Leases<Long> leases = new LeaseKeeper(new Database(source, "here")).leases(JobTable.LEASES, TERM);
            leases.claim(3);
            Thread.currentThread().join();
        }
    }
}
