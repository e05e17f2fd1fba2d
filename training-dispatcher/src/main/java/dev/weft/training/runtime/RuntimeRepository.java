package dev.weft.training.runtime;

import dev.weft.database.Database;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.NotFound;
import io.quarkus.arc.All;
import jakarta.inject.Singleton;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The runtimes that there are: those built in, and those that administrators have defined. Blocking; thread-safe. */
@Singleton
public class RuntimeRepository {

    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,62}");
    private static final int MAX_DEFINED = 1000;

    private final Database database;
    private final Map<String, TrainingRuntime> builtIn;

    RuntimeRepository(Database database, @All List<TrainingRuntime.BuiltIn> builtIn) {
        this.database = database;
        this.builtIn =
                builtIn.stream().collect(Collectors.toUnmodifiableMap(TrainingRuntime::name, Function.identity()));
    }

    /** All of them, by name. */
    public List<TrainingRuntime> all() {
        List<TrainingRuntime> all = new ArrayList<>(builtIn.values());
        all.addAll(database.inTransaction(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(
                            "SELECT definition FROM training_runtime LIMIT " + MAX_DEFINED);
                    ResultSet rows = statement.executeQuery()) {
                List<TrainingRuntime> defined = new ArrayList<>();
                while (rows.next()) {
                    defined.add(RuntimeJson.read(String.valueOf(rows.getString(1))));
                }
                return defined;
            }
        }));
        all.sort(Comparator.comparing(TrainingRuntime::name));
        return all;
    }

    /**
     * The runtime of that name.
     *
     * @throws NotFound when there is none
     */
    public TrainingRuntime get(String name) {
        return Optional.ofNullable(builtIn.get(name))
                .or(() -> defined(name))
                .orElseThrow(() -> new NotFound("runtime: '" + name + "' (expected: one of "
                        + all().stream().map(TrainingRuntime::name).toList() + ")"));
    }

    private Optional<TrainingRuntime> defined(String name) {
        return database.inTransaction(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement("SELECT definition FROM training_runtime WHERE name = ?")) {
                statement.setString(1, name);
                try (ResultSet rows = statement.executeQuery()) {
                    return rows.next()
                            ? Optional.of(RuntimeJson.read(String.valueOf(rows.getString(1))))
                            : Optional.empty();
                }
            }
        });
    }

    /**
     * Makes a runtime, or replaces the one of its name. Jobs that were submitted before keep the old one.
     *
     * @throws InvalidArgument when its name is none, or it has no program
     * @throws FailedPrecondition when the name is a built-in one's
     */
    public void define(TrainingRuntime runtime) {
        requireOwn(runtime.name());
        if (!NAME.matcher(runtime.name()).matches()) {
            throw new InvalidArgument("runtime.name: '" + runtime.name()
                    + "' (expected: 1 to 63 of lower-case letters, digits and '-', a letter first)");
        }
        switch (runtime) {
            case TrainingRuntime.BuiltIn _ ->
                throw new InvalidArgument("runtime: built in (expected: a command or a container)");
            case TrainingRuntime.Command command -> require(!command.command().isEmpty(), "runtime.command: empty");
            case TrainingRuntime.Container container ->
                require(!container.image().isBlank(), "runtime.image: empty");
        }
        database.inTransaction(connection -> {
            try (PreparedStatement statement = connection.prepareStatement("""
                    INSERT INTO training_runtime (name, definition, changed_at) VALUES (?, ?::jsonb, now())
                    ON CONFLICT (name) DO UPDATE SET definition = excluded.definition, changed_at = excluded.changed_at
                    """)) {
                statement.setString(1, runtime.name());
                statement.setString(2, RuntimeJson.write(runtime));
                return statement.executeUpdate();
            }
        });
    }

    /**
     * Removes a runtime.
     *
     * @throws NotFound when there is none
     * @throws FailedPrecondition when it is built in
     */
    public void delete(String name) {
        requireOwn(name);
        boolean deleted = database.inTransaction(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement("DELETE FROM training_runtime WHERE name = ?")) {
                statement.setString(1, name);
                return statement.executeUpdate() == 1;
            }
        });
        if (!deleted) {
            throw new NotFound("runtime: '" + name + "' (expected: one that exists)");
        }
    }

    private void requireOwn(String name) {
        if (builtIn.containsKey(name)) {
            throw new FailedPrecondition("runtime: '" + name + "' is built in (expected: one that was defined)");
        }
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new InvalidArgument(message + " (expected: a program or an image)");
        }
    }
}
