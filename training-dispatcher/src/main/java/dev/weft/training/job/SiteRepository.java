package dev.weft.training.job;

import dev.weft.database.Database;
import jakarta.inject.Singleton;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.util.UUID;

/** Places whose runs only the dispatchers there can reach. Blocking; thread-safe. */
@Singleton
public class SiteRepository {

    private final Database database;

    SiteRepository(Database database) {
        this.database = database;
    }

    /** A dispatcher is there now; what was given up for lost there, and that nobody else has taken on since, is not. */
    public void seen(UUID site) {
        database.inTransaction(connection -> {
            try (PreparedStatement seen = connection.prepareStatement("""
                            INSERT INTO training_site (site, seen_at) VALUES (?, clock_timestamp())
                            ON CONFLICT (site) DO UPDATE SET seen_at = excluded.seen_at
                            """);
                    PreparedStatement found = connection.prepareStatement(
                            "UPDATE training_job SET site_lost = FALSE WHERE NOT ended AND site = ? AND site_lost")) {
                seen.setString(1, site.toString());
                seen.executeUpdate();
                found.setString(1, site.toString());
                return found.executeUpdate();
            }
        });
    }

    /** Marks the jobs whose place has had no dispatcher for that long: any dispatcher may then give up their runs. */
    public int markLost(Duration after) {
        return database.inTransaction(connection -> {
            try (PreparedStatement statement = connection.prepareStatement("""
                    UPDATE training_job SET site_lost = TRUE
                    WHERE NOT ended AND site IS NOT NULL AND NOT site_lost AND NOT EXISTS (
                        SELECT 1 FROM training_site s
                        WHERE s.site = training_job.site AND s.seen_at > clock_timestamp() - ? * INTERVAL '1 ms')
                    """)) {
                statement.setLong(1, after.toMillis());
                return statement.executeUpdate();
            }
        });
    }
}
