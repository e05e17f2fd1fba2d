package dev.weft.embedding.file;

import dev.weft.database.Database;
import dev.weft.kit.error.Failure;
import io.quarkus.arc.All;
import jakarta.inject.Singleton;
import java.io.InputStream;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jboss.logging.Logger;

/**
 * Blobs of all stores. A blob is known before its first byte is written, and is kept when a transaction says so; whoever dies in between leaves
 * something that {@link FileCleanup} finds. Thread-safe.
 */
@Singleton
public class Blobs {

    private static final Logger LOG = Logger.getLogger(Blobs.class);

    private final Database database;
    private final Map<String, FileStore> stores;
    private final FileStore current;

    Blobs(Database database, @All List<FileStore> stores, FilesConfig config) {
        this.database = database;
        this.stores = stores.stream().collect(Collectors.toUnmodifiableMap(FileStore::name, Function.identity()));
        this.current = store(config.store());
    }

    private FileStore store(String name) {
        FileStore store = stores.get(name);
        if (store == null) {
            throw new Failure.Internal(
                    "store: " + name + " (expected: one of "
                            + stores.keySet().stream().sorted().toList() + ")",
                    null);
        }
        return store;
    }

    /** Begins a blob; the caller closes it. */
    public BlobOutput create() {
        UUID id = UUID.randomUUID();
        database.inTransaction(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement("INSERT INTO blob (id, store) VALUES (?, ?)")) {
                statement.setObject(1, id);
                statement.setString(2, current.name());
                return statement.executeUpdate();
            }
        });
        return new BlobOutput(id, current.name(), current.create(id));
    }

    /** A complete blob's bytes from the offset on; the caller closes them. */
    InputStream open(Blob blob, long offset) {
        return store(blob.store()).open(blob.id(), offset);
    }

    /** Has a blob stay, if the transaction is committed. */
    public void keep(Connection connection, UUID blob) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("UPDATE blob SET kept = TRUE WHERE id = ?")) {
            statement.setObject(1, blob);
            if (statement.executeUpdate() == 0) {
                throw new Failure.Aborted("blob " + blob + ": gone (expected: written less than the orphans' age ago)");
            }
        }
    }

    /** Removes what nothing refers to; no effect on what is kept. What cannot be removed now is found again later. */
    public void discard(UUID blob, String store) {
        try {
            database.inTransaction(connection -> {
                // The lock keeps a writer who comes late from having it kept while it is removed.
                if (!isLocked(connection, blob)) {
                    return false;
                }
                store(store).delete(blob);
                try (PreparedStatement statement = connection.prepareStatement("DELETE FROM blob WHERE id = ?")) {
                    statement.setObject(1, blob);
                    return statement.executeUpdate() > 0;
                }
            });
        } catch (Failure e) {
            LOG.debugf("blob %s is left for later: %s", blob, e.getMessage());
        }
    }

    private static boolean isLocked(Connection connection, UUID blob) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT 1 FROM blob WHERE id = ? AND NOT kept FOR UPDATE")) {
            statement.setObject(1, blob);
            try (ResultSet rows = statement.executeQuery()) {
                return rows.next();
            }
        }
    }
}
