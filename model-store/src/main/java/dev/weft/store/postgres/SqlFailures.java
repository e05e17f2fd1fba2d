package dev.weft.store.postgres;

import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.DeadlineExceeded;
import dev.weft.kit.error.Failure.Internal;
import dev.weft.kit.error.Failure.ResourceExhausted;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.kit.time.Deadline;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Objects;

/**
 * What PostgreSQL's error codes mean to a caller.
 *
 * @see <a href="https://www.postgresql.org/docs/current/errcodes-appendix.html">Error codes</a>
 */
final class SqlFailures {

    private static final Duration RETRY_AFTER = Duration.ofSeconds(30);

    private SqlFailures() {}

    static Failure of(String what, SQLException e, Deadline deadline) {
        String state = Objects.requireNonNullElse(e.getSQLState(), "");
        if (deadline.isExpired() || state.equals("57014")) { // query_canceled, which is how a timeout ends
            return new DeadlineExceeded(what + ": the deadline has passed");
        }
        if (state.startsWith("53")) { // insufficient resources: disk_full, out_of_memory, too_many_connections
            return new ResourceExhausted(what + ": " + e.getMessage(), RETRY_AFTER);
        }
        // Connection exceptions, transaction rollback, operator intervention; a pool's own timeout has no code.
        if (state.isEmpty() || state.startsWith("08") || state.startsWith("40") || state.startsWith("57")) {
            return new Unavailable(what + ": " + e.getMessage());
        }
        return new Internal(what + ": " + e.getMessage(), e);
    }
}
