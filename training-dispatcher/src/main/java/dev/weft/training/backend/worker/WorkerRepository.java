package dev.weft.training.backend.worker;

import dev.weft.database.Database;
import dev.weft.kit.error.Failure.AlreadyExists;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.NotFound;
import dev.weft.kit.error.Failure.Unauthenticated;
import jakarta.inject.Singleton;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;

/** Who may pull work. Blocking; thread-safe. */
@Singleton
public class WorkerRepository {

    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,62}");
    private static final String PREFIX = "wtw_";
    private static final int TOKEN_BYTES = 32;
    private static final int MAX_WORKERS = 10_000;

    private final SecureRandom random = new SecureRandom();
    private final Database database;

    WorkerRepository(Database database) {
        this.database = database;
    }

    /** A machine that pulls work. */
    public record Worker(String name, Instant createdAt, Optional<Instant> lastSeenAt, boolean revoked) {}

    /**
     * Makes a worker.
     *
     * @return its token, which is kept nowhere
     * @throws AlreadyExists when there is one of that name
     */
    public String create(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new InvalidArgument(
                    "name: '" + name + "' (expected: 1 to 63 of lower-case letters, digits and '-', a letter first)");
        }
        byte[] secret = new byte[TOKEN_BYTES];
        random.nextBytes(secret);
        String token = PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
        boolean created = database.inTransaction(connection -> {
            try (PreparedStatement statement = connection.prepareStatement("""
                    INSERT INTO training_worker (name, token_sha256, created_at) VALUES (?, ?, clock_timestamp())
                    ON CONFLICT (name) DO NOTHING
                    """)) {
                statement.setString(1, name);
                statement.setString(2, hash(token));
                return statement.executeUpdate() == 1;
            }
        });
        if (!created) {
            throw new AlreadyExists("worker: '" + name + "' (expected: a new name)");
        }
        return token;
    }

    /** All of them, by name. */
    public List<Worker> all() {
        return database.inTransaction(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(
                            "SELECT name, created_at, last_seen_at, revoked FROM training_worker ORDER BY name LIMIT "
                                    + MAX_WORKERS);
                    ResultSet rows = statement.executeQuery()) {
                List<Worker> workers = new ArrayList<>();
                while (rows.next()) {
                    workers.add(new Worker(
                            Objects.requireNonNull(rows.getString(1)),
                            Objects.requireNonNull(rows.getTimestamp(2)).toInstant(),
                            Optional.ofNullable(rows.getTimestamp(3)).map(Timestamp::toInstant),
                            rows.getBoolean(4)));
                }
                return workers;
            }
        });
    }

    /**
     * Ends a worker's token.
     *
     * @throws NotFound when there is no such worker
     */
    public void revoke(String name) {
        boolean revoked = database.inTransaction(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement("UPDATE training_worker SET revoked = TRUE WHERE name = ?")) {
                statement.setString(1, name);
                return statement.executeUpdate() == 1;
            }
        });
        if (!revoked) {
            throw new NotFound("worker: '" + name + "' (expected: one that exists)");
        }
    }

    /**
     * The name of the worker whose token this is.
     *
     * @throws Unauthenticated when it is nobody's
     */
    public String authenticate(String token) {
        return database.inTransaction(connection -> {
                    try (PreparedStatement statement = connection.prepareStatement("""
                            UPDATE training_worker SET last_seen_at = clock_timestamp()
                            WHERE token_sha256 = ? AND NOT revoked RETURNING name
                            """)) {
                        statement.setString(1, hash(token));
                        try (ResultSet rows = statement.executeQuery()) {
                            return rows.next() ? Optional.ofNullable(rows.getString(1)) : Optional.<String>empty();
                        }
                    }
                })
                .orElseThrow(() -> new Unauthenticated("weft-worker-token: unknown token (expected: a worker's)"));
    }

    private static String hash(String token) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has it
        }
    }
}
