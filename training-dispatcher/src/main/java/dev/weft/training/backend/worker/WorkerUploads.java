package dev.weft.training.backend.worker;

import dev.weft.database.Database;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.TooLarge;
import dev.weft.store.Manifest;
import dev.weft.training.backend.worker.WorkerRuns.HeldRun;
import dev.weft.training.job.RunKey;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The files that workers send: in pieces, from where they were cut off, and checked before they count. Blocking; thread-safe. */
@Singleton
public class WorkerUploads {

    /** Of one piece. */
    public static final int MAX_PIECE = 4 << 20;

    private final Database database;
    private final WorkerRuns runs;
    private final WorkerConfig config;

    WorkerUploads(Database database, WorkerRuns runs, WorkerConfig config) {
        this.database = database;
        this.runs = runs;
        this.config = config;
    }

    private record Sent(String path, long size, String sha256, long received) {}

    /**
     * Announces a file.
     *
     * @return how much of it is there already
     * @throws TooLarge when the result would be larger than is taken
     */
    public long begin(HeldRun run, Manifest.Entry file) {
        return database.inTransaction(connection -> {
            runs.require(connection, run);
            List<Sent> all = files(connection, run.key());
            for (Sent sent : all) {
                if (sent.path().equals(file.path())) {
                    if (sent.size() == file.bytes() && sent.sha256().equals(file.sha256())) {
                        return sent.received();
                    }
                    delete(connection, run.key(), file.path());
                }
            }
            long others = all.stream()
                    .filter(sent -> !sent.path().equals(file.path()))
                    .mapToLong(Sent::size)
                    .sum();
            long most = config.maxArtefact().asLongValue();
            if (others + file.bytes() > most || all.size() >= Manifest.MAX_FILES) {
                throw new TooLarge("upload: " + (others + file.bytes()) + " bytes in " + (all.size() + 1)
                        + " files (expected: at most " + most + " bytes in " + Manifest.MAX_FILES + " files)");
            }
            try (PreparedStatement statement = connection.prepareStatement(
                    "INSERT INTO training_worker_file (run_key, path, size_bytes, sha256) VALUES (?, ?, ?, ?)")) {
                statement.setString(1, run.key().toString());
                statement.setString(2, file.path());
                statement.setLong(3, file.bytes());
                statement.setString(4, file.sha256());
                statement.executeUpdate();
            }
            return 0L;
        });
    }

    /**
     * Adds a piece.
     *
     * @return where the next begins
     * @throws FailedPrecondition when it does not begin where the file ends
     */
    public long append(HeldRun run, String path, long offset, byte[] content) {
        if (content.length == 0 || content.length > MAX_PIECE) {
            throw new InvalidArgument("content: " + content.length + " bytes (expected: 1 to " + MAX_PIECE + ")");
        }
        return database.inTransaction(connection -> {
            runs.keep(connection, run);
            Sent file = files(connection, run.key()).stream()
                    .filter(sent -> sent.path().equals(path))
                    .findFirst()
                    .orElseThrow(() -> new FailedPrecondition("path: '" + path + "' (expected: BeginUpload before)"));
            if (file.received() != offset || offset + content.length > file.size()) {
                throw new FailedPrecondition("offset: " + offset + " and " + content.length
                        + " bytes (expected: offset " + file.received() + " of " + file.size() + ")");
            }
            try (PreparedStatement chunk = connection.prepareStatement(
                            "INSERT INTO training_worker_chunk (run_key, path, from_byte, content) VALUES (?, ?, ?, ?)");
                    PreparedStatement received = connection.prepareStatement(
                            "UPDATE training_worker_file SET received = ? WHERE run_key = ? AND path = ?")) {
                chunk.setString(1, run.key().toString());
                chunk.setString(2, path);
                chunk.setLong(3, offset);
                chunk.setBytes(4, content);
                chunk.executeUpdate();
                received.setLong(1, offset + content.length);
                received.setString(2, run.key().toString());
                received.setString(3, path);
                received.executeUpdate();
            }
            return offset + content.length;
        });
    }

    /**
     * Ends a run well.
     *
     * @throws FailedPrecondition when a file is not whole, or is another than was announced, which is then to be sent again
     */
    public void complete(HeldRun run, Map<String, Double> metrics) {
        List<String> wrong = database.inTransaction(connection -> {
            runs.require(connection, run);
            List<String> different = new ArrayList<>();
            for (Sent file : files(connection, run.key())) {
                if (file.received() < file.size()) {
                    throw new FailedPrecondition(
                            "file " + file.path() + ": " + file.received() + " bytes (expected: " + file.size() + ")");
                }
                if (!digest(connection, run.key(), file.path(), OutputStream.nullOutputStream())
                        .equals(file.sha256())) {
                    delete(connection, run.key(), file.path());
                    different.add(file.path());
                }
            }
            if (different.isEmpty()) {
                runs.succeed(connection, run, metrics);
            }
            return different;
        });
        if (!wrong.isEmpty()) {
            throw new FailedPrecondition(
                    "files " + wrong + ": another sha256 (expected: the announced one; send them again)");
        }
    }

    private static List<Sent> files(Connection connection, RunKey key) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT path, size_bytes, sha256, received FROM training_worker_file WHERE run_key = ? ORDER BY path")) {
            statement.setString(1, key.toString());
            try (ResultSet rows = statement.executeQuery()) {
                List<Sent> files = new ArrayList<>();
                while (rows.next()) {
                    files.add(new Sent(
                            Objects.requireNonNull(rows.getString(1)),
                            rows.getLong(2),
                            Objects.requireNonNull(rows.getString(3)),
                            rows.getLong(4)));
                }
                return files;
            }
        }
    }

    private static void delete(Connection connection, RunKey key, String path) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("DELETE FROM training_worker_file WHERE run_key = ? AND path = ?")) {
            statement.setString(1, key.toString());
            statement.setString(2, path);
            statement.executeUpdate();
        }
    }

    /** Reads a file piece by piece, never more than one of them in memory. */
    private static String digest(Connection connection, RunKey key, String path, OutputStream to) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("""
                SELECT from_byte, content FROM training_worker_chunk WHERE run_key = ? AND path = ? AND from_byte >= ?
                ORDER BY from_byte LIMIT 1
                """)) {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            long next = 0;
            while (true) {
                statement.setString(1, key.toString());
                statement.setString(2, path);
                statement.setLong(3, next);
                try (ResultSet rows = statement.executeQuery()) {
                    if (!rows.next()) {
                        return HexFormat.of().formatHex(sha256.digest());
                    }
                    byte[] content = Objects.requireNonNull(rows.getBytes(2));
                    sha256.update(content);
                    to.write(content);
                    next = rows.getLong(1) + content.length;
                }
            }
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has it
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes a run's files into a folder and checks them. */
    void writeInto(RunKey key, Path folder) {
        database.inTransaction(connection -> {
            for (Sent file : files(connection, key)) {
                Path target = folder.resolve(file.path()).normalize();
                if (!target.startsWith(folder)) {
                    throw new FailedPrecondition("file " + file.path() + " (expected: inside the result)");
                }
                try {
                    Files.createDirectories(target.getParent());
                    try (OutputStream out = Files.newOutputStream(target)) {
                        if (!digest(connection, key, file.path(), out).equals(file.sha256())) {
                            throw new FailedPrecondition("file " + file.path() + ": another sha256 than was announced");
                        }
                    }
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
            return true;
        });
    }
}
