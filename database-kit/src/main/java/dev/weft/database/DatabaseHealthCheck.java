package dev.weft.database;

import io.agroal.api.AgroalDataSource;
import io.smallrye.health.api.Wellness;
import java.sql.Connection;
import java.sql.SQLException;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;

/**
 * Whether the database answers, at {@code /q/health/well} and in the whole of {@code /q/health}. It is no part of readiness: a gateway without
 * its database still serves every model that it knows, and one that counts as not ready would serve none.
 */
@Wellness
final class DatabaseHealthCheck implements HealthCheck {

    private static final int TIMEOUT_SECONDS = 2;

    private final AgroalDataSource source;

    DatabaseHealthCheck(AgroalDataSource source) {
        this.source = source;
    }

    @Override
    public HealthCheckResponse call() {
        boolean answers;
        try (Connection connection = source.getConnection()) {
            answers = connection.isValid(TIMEOUT_SECONDS);
        } catch (SQLException _) {
            answers = false;
        }
        return HealthCheckResponse.named("database")
                .status(answers)
                .withData("address", DatabaseAddress.of(source))
                .build();
    }
}
