package dev.weft.store.postgres;

import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.NotFound;
import dev.weft.kit.time.Deadline;
import dev.weft.store.Manifest;
import dev.weft.store.ModelStore;
import dev.weft.store.ModelUri;
import dev.weft.store.PackageFolder;
import dev.weft.store.Published;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;

/**
 * Packages in two tables of the schema that the connections use: {@code model_store_package} and {@code model_store_chunk}, see
 * {@code db/migration/model-store}. Content is kept once, however many packages have it.
 *
 * <p>A package is published by one transaction. Two that publish the same content at once wait for each other at its first chunk, and never
 * in a circle, since both insert in the order of the contents' digests.
 */
public final class PostgresModelStore implements ModelStore {

    private static final String SCHEME = "pg";

    /** Held in memory a few times by driver and server; larger ones are hardly faster. */
    private static final int CHUNK_BYTES = 1 << 20;

    private final DataSource source;
    private final long maxPackageBytes;

    /**
     * A store in that database.
     *
     * @param source of connections that are in no transaction, and whose schema has the tables
     * @param maxPackageBytes of one package: a database's backups and caches are made for smaller things than models
     */
    public PostgresModelStore(DataSource source, long maxPackageBytes) {
        this.source = source;
        this.maxPackageBytes = maxPackageBytes;
    }

    @Override
    public String scheme() {
        return SCHEME;
    }

    @Override
    public Published put(String name, Path folder, Deadline deadline) {
        ModelUri.requireName(name);
        PackageFolder files = new PackageFolder(folder);
        Manifest manifest = files.manifest(maxPackageBytes, deadline);
        Published published = new Published(new ModelUri(SCHEME, name, Optional.of(manifest.digest())), manifest);
        try (Connection connection = source.getConnection()) {
            connection.setAutoCommit(false);
            try {
                if (text(connection, published.uri(), deadline).isEmpty()) {
                    insert(connection, published, files, deadline);
                }
                connection.commit();
            } finally {
                rollback(connection);
            }
            return published;
        } catch (SQLException e) {
            throw SqlFailures.of(published.uri().toString(), e, deadline);
        } catch (IOException e) {
            throw e.getCause() instanceof SQLException sql
                    ? SqlFailures.of(published.uri().toString(), sql, deadline)
                    : new FailedPrecondition("package " + name + ": cannot be read: " + e);
        }
    }

    /** Ends a transaction that failed; one that is committed has nothing to roll back. */
    private static void rollback(Connection connection) {
        try {
            connection.rollback();
            connection.setAutoCommit(true);
        } catch (SQLException _) {
            // The connection is gone, and with it the transaction; what went wrong first is what the caller hears.
        }
    }

    private static void insert(Connection connection, Published published, PackageFolder files, Deadline deadline)
            throws SQLException, IOException {
        List<Manifest.Entry> contents = published.manifest().files().stream()
                .sorted(Comparator.comparing(Manifest.Entry::sha256))
                .toList();
        for (Manifest.Entry file : contents) {
            if (!hasContent(connection, file, deadline)) {
                try (ChunkWriter chunks = new ChunkWriter(connection, file.sha256(), deadline);
                        BufferedOutputStream out = new BufferedOutputStream(chunks, CHUNK_BYTES)) {
                    files.copy(file, out, deadline);
                }
            }
        }
        try (PreparedStatement statement = Statements.prepare(connection, """
                INSERT INTO model_store_package (name, version, manifest, size_bytes) VALUES (?, ?, ?, ?)
                ON CONFLICT (name, version) DO NOTHING
                """, deadline)) {
            statement.setString(1, published.uri().path());
            statement.setString(2, published.uri().version().orElseThrow());
            statement.setString(3, published.manifest().text());
            statement.setLong(4, published.manifest().totalBytes());
            statement.executeUpdate();
        }
    }

    /** Content is committed as a whole: its first chunk stands for all of them. */
    private static boolean hasContent(Connection connection, Manifest.Entry file, Deadline deadline)
            throws SQLException {
        if (file.bytes() == 0) {
            return true;
        }
        try (PreparedStatement statement = Statements.prepare(
                connection, "SELECT 1 FROM model_store_chunk WHERE sha256 = ? AND first_byte = 0", deadline)) {
            statement.setString(1, file.sha256());
            try (ResultSet rows = statement.executeQuery()) {
                return rows.next();
            }
        }
    }

    @Override
    public Manifest manifest(ModelUri uri, Deadline deadline) {
        if (uri.version().isEmpty()) {
            throw new InvalidArgument(uri + ": no version (expected: pg:name@version)");
        }
        try (Connection connection = source.getConnection()) {
            String text = text(connection, uri, deadline)
                    .orElseThrow(() -> new NotFound(uri + ": no such package or version"));
            return Manifest.ofVersion(uri, text);
        } catch (SQLException e) {
            throw SqlFailures.of(uri.toString(), e, deadline);
        }
    }

    private static Optional<String> text(Connection connection, ModelUri uri, Deadline deadline) throws SQLException {
        try (PreparedStatement statement = Statements.prepare(
                connection, "SELECT manifest FROM model_store_package WHERE name = ? AND version = ?", deadline)) {
            statement.setString(1, uri.path());
            statement.setString(2, uri.version().orElseThrow());
            try (ResultSet rows = statement.executeQuery()) {
                return rows.next() ? Optional.of(rows.getString(1)) : Optional.empty();
            }
        }
    }

    @Override
    public InputStream open(ModelUri uri, Manifest.Entry file, long offset, Deadline deadline) {
        return new ChunkStream(source, file, offset, deadline);
    }
}
