package dev.weft.database.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weft.kit.error.Failure;
import dev.weft.testkit.TestPostgres;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class LeasesTest {

    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final Duration LONG = Duration.ofMinutes(10);
    private static final Duration SHORT = Duration.ofMillis(400);

    private final JobTable jobs = new JobTable(5);

    @Test
    void firstInOrderAreClaimedFirst() {
        jobs.update("UPDATE job SET priority = 9 WHERE id = 4");

        List<Lease<Long>> claimed = jobs.leases(LONG).claim(2);

        assertThat(claimed).extracting(Lease::key).containsExactlyInAnyOrder(4L, 1L);
        assertThat(claimed).extracting(Lease::attempt).containsOnly(1L);
    }

    @Test
    void whatIsClaimedOrNotClaimableIsLeftAlone() {
        jobs.leases(LONG).claim(2);
        jobs.update("UPDATE job SET state = 'DONE' WHERE id = 5");

        assertThat(jobs.leases(LONG).claim(9)).extracting(Lease::key).containsExactlyInAnyOrder(3L, 4L);
    }

    @Test
    void claimOverARowThatSomebodyHasLockedDoesNotWait() throws SQLException {
        try (Connection other = jobs.source.getConnection()) {
            other.setAutoCommit(false);
            other.createStatement().execute("SELECT 1 FROM job WHERE id = 1 FOR UPDATE");

            assertThat(jobs.leases(LONG).claim(1)).extracting(Lease::key).containsExactly(2L);
        }
    }

    @Test
    void heartbeatKeepsALeaseBeyondItsTerm() {
        Lease<Long> lease = jobs.leases(SHORT).claim(1).getFirst();
        Leases<Long> other = jobs.leases(LONG);

        await().during(SHORT.multipliedBy(4)).atMost(LIMIT).untilAsserted(() -> {
            assertThat(lease.isLost()).isFalse();
            assertThat(jobs.number("SELECT count(*) FROM job WHERE id = 1 AND lease_until > now()"))
                    .isOne();
        });
        assertThat(other.claim(5)).hasSize(4);
    }

    @Test
    void rowOfAHolderThatDiedIsClaimedAfterItsTermAndHisWorkIsRefused() {
        LeaseKeeper dying = jobs.keeper();
        Leases<Long> his = dying.leases(JobTable.LEASES, SHORT);
        Lease<Long> old = his.claim(1).getFirst();
        dying.halt();
        Leases<Long> others = jobs.leases(LONG);
        jobs.update("UPDATE job SET state = 'DONE' WHERE id <> 1");

        await().atMost(LIMIT).untilAsserted(() -> assertThat(others.claim(1))
                .singleElement()
                .satisfies(lease -> assertThat(lease.attempt()).isEqualTo(2)));

        assertThat(old.isLost()).isTrue();
        assertThatThrownBy(() -> jobs.finish(his, old))
                .isInstanceOf(Failure.Aborted.class)
                .hasMessageContaining("job 1");
        assertThat(jobs.number("SELECT runs FROM job WHERE id = 1")).isZero();
    }

    @Test
    void workOfAnExpiredLeaseThatNobodyHasTakenCounts() {
        LeaseKeeper slow = jobs.keeper();
        Leases<Long> leases = slow.leases(JobTable.LEASES, SHORT);
        Lease<Long> lease = leases.claim(1).getFirst();
        slow.halt();
        await().atMost(LIMIT).until(lease::isLost);

        jobs.finish(leases, lease);

        assertThat(jobs.number("SELECT runs FROM job WHERE id = 1")).isOne();
    }

    @Test
    void holderIsToldWhenHisRowIsTaken() {
        Lease<Long> lease = jobs.leases(SHORT).claim(1).getFirst();

        jobs.update("UPDATE job SET lease_owner = 'somebody', attempt = 2 WHERE id = 1");

        await().atMost(LIMIT).untilAsserted(() -> assertThat(lease.isLost()).isTrue());
    }

    @Test
    void requiredRowCannotBeClaimedUntilTheTransactionEnds() {
        LeaseKeeper slow = jobs.keeper();
        Leases<Long> leases = slow.leases(JobTable.LEASES, SHORT);
        Lease<Long> lease = leases.claim(1).getFirst();
        slow.halt();
        await().atMost(LIMIT).until(lease::isLost);

        List<Lease<Long>> meanwhile = jobs.database.inTransaction(connection -> {
            leases.require(connection, lease);
            return jobs.leases(LONG).claim(5);
        });

        assertThat(meanwhile).extracting(Lease::key).doesNotContain(1L).hasSize(4);
    }

    @Test
    void closedLeaseIsFreeAtOnceAndARestingOneLater() {
        Leases<Long> leases = jobs.leases(LONG);
        jobs.update("UPDATE job SET state = 'DONE' WHERE id > 2");
        for (Lease<Long> lease : leases.claim(2)) {
            lease.release(lease.key() == 1 ? Duration.ZERO : Duration.ofMillis(900));
        }

        assertThat(leases.claim(2)).extracting(Lease::key).containsExactly(1L);
        await().atMost(LIMIT)
                .untilAsserted(
                        () -> assertThat(leases.claim(2)).extracting(Lease::key).containsExactly(2L));
    }

    @Test
    void restingRowIsClaimedWhenItIsWoken() {
        Leases<Long> leases = jobs.leases(LONG);
        jobs.update("UPDATE job SET state = 'DONE' WHERE id > 2");
        for (Lease<Long> lease : leases.claim(2)) {
            jobs.database.inTransaction(connection -> {
                leases.rest(connection, lease, LONG);
                return true;
            });
            lease.close();
        }
        List<Lease<Long>> whileResting = leases.claim(2);

        jobs.database.inTransaction(connection -> {
            leases.wake(connection, 2L);
            return true;
        });

        assertThat(whileResting).isEmpty();
        assertThat(leases.claim(2)).extracting(Lease::key).containsExactly(2L);
    }

    @Test
    void wakingARowThatIsHeldTakesItFromNobody() {
        Leases<Long> leases = jobs.leases(LONG);
        Lease<Long> lease = leases.claim(1).getFirst();

        jobs.database.inTransaction(connection -> {
            leases.wake(connection, 1L);
            return true;
        });

        assertThat(jobs.leases(LONG).claim(9)).extracting(Lease::key).doesNotContain(1L);
        jobs.finish(leases, lease);
    }

    @Test
    void closingACompletedLeaseChangesNothing() {
        Leases<Long> leases = jobs.leases(LONG);
        Lease<Long> lease = leases.claim(1).getFirst();
        jobs.finish(leases, lease);
        jobs.update("UPDATE job SET state = 'WAITING' WHERE id = 1");
        Lease<Long> next = jobs.leases(LONG).claim(1).getFirst();

        lease.close();

        assertThat(next.key()).isEqualTo(1);
        assertThat(jobs.number("SELECT count(*) FROM job WHERE id = 1 AND lease_owner IS NOT NULL"))
                .isOne();
    }

    @Test
    void stopGivesAllBackAndClaimsNothingAnyMore() {
        LeaseKeeper keeper = jobs.keeper();
        Leases<Long> leases = keeper.leases(JobTable.LEASES, LONG);
        List<Lease<Long>> held = leases.claim(3);

        keeper.close();

        assertThat(held).allMatch(Lease::isLost);
        assertThat(leases.claim(1)).isEmpty();
        assertThat(jobs.leases(LONG).claim(9)).hasSize(5);
    }

    @Test
    void leasesOutliveARestartOfTheDatabaseThatIsShorterThanTheirTerm() {
        Lease<Long> lease = jobs.leases(Duration.ofSeconds(20)).claim(1).getFirst();
        long before = jobs.number("SELECT extract(epoch FROM lease_until) * 1000 FROM job WHERE id = 1");

        TestPostgres.stop();
        TestPostgres.start();

        await().atMost(LIMIT).untilAsserted(() -> assertThat(
                        jobs.number("SELECT extract(epoch FROM lease_until) * 1000 FROM job WHERE id = 1"))
                .isGreaterThan(before));
        assertThat(lease.isLost()).isFalse();
    }

    @Test
    void keysMayBeTextsAndColumnsMayHaveOtherNames() {
        jobs.update("""
                CREATE TABLE run (name TEXT PRIMARY KEY, holder TEXT, held_until TIMESTAMPTZ,
                    holders BIGINT NOT NULL DEFAULT 0)""");
        jobs.update("INSERT INTO run VALUES ('a'), ('b')");
        LeaseTable<String> table = new LeaseTable<>(
                "run", "name", String.class, new LeaseTable.Columns("holder", "held_until", "holders"), "true", "name");
        Leases<String> leases = jobs.keeper().leases(table, SHORT);

        Lease<String> lease = leases.claim(1).getFirst();

        assertThat(lease.key()).isEqualTo("a");
        await().during(SHORT.multipliedBy(2)).atMost(LIMIT).untilAsserted(() -> assertThat(lease.isLost())
                .isFalse());
    }

    @Test
    void termTooShortAndNamesThatAreNoneAreRefused() {
        assertThatThrownBy(() -> jobs.leases(Duration.ofMillis(10))).hasMessageContaining("term: PT0.01S");
        assertThatThrownBy(() -> new LeaseTable<>("job; --", "id", UUID.class, LeaseTable.Columns.USUAL, "true", "id"))
                .hasMessageContaining("job; --");
        assertThatThrownBy(() -> new LeaseTable<>("job", "id", Integer.class, LeaseTable.Columns.USUAL, "true", "id"))
                .hasMessageContaining("keyType: java.lang.Integer");
    }
}
