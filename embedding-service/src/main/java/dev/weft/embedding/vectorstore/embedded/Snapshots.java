package dev.weft.embedding.vectorstore.embedded;

import dev.weft.embedding.vectorstore.Metadata;
import dev.weft.embedding.vectorstore.MetadataJson;
import dev.weft.embedding.vectorstore.VectorSpace;
import io.github.jbellis.jvector.vector.types.VectorFloat;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.BitSet;
import java.util.UUID;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Indexes on disk, so that a start need not build them: a file for each space, replaced as a whole. A file says which changes it has; one that
 * does not fit the database, or is damaged, is not used. Several processes may share a folder: each file is whole whoever wrote it.
 */
@Singleton
class Snapshots {

    private static final Logger LOG = Logger.getLogger(Snapshots.class);

    /** "WEFTVEC" and the version of the form. */
    private static final long MAGIC = 0x57454654_56454301L;

    private final @Nullable Path folder;

    Snapshots(EmbeddedConfig config) {
        this.folder = config.snapshots().orElse(null);
    }

    boolean isOn() {
        return folder != null;
    }

    /** Makes a graph of a table that is about to be read. */
    @FunctionalInterface
    interface Graphs {
        PointGraph of(PointTable table);
    }

    /** Writes a state; whoever grows its graph does not meanwhile. */
    void write(Space space, State state) throws IOException {
        if (folder == null) {
            return;
        }
        Files.createDirectories(folder);
        Path part = Files.createTempFile(folder, "space-", ".part");
        try {
            try (SnapshotWriter out = new SnapshotWriter(FileChannel.open(part, StandardOpenOption.WRITE))) {
                write(space.space(), state, out);
                out.finish();
            }
            Files.move(part, file(folder, space.space()), StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(part);
        }
    }

    private static void write(VectorSpace space, State state, SnapshotWriter out) throws IOException {
        out.putLong(MAGIC);
        out.putLong(space.id());
        out.putInt(space.dimension());
        out.putText(space.metric().name());
        out.putLong(state.incarnation().getMostSignificantBits());
        out.putLong(state.incarnation().getLeastSignificantBits());
        out.putLong(state.sequence());
        out.putInt(state.size());
        for (int number = 0; number < state.size(); number++) {
            Entry entry = state.table().get(number);
            boolean dead = state.dead().get(number);
            out.putInt(dead ? 1 : 0);
            out.putText(entry.id());
            out.putText(dead ? "{}" : MetadataJson.write(entry.metadata()));
            out.putVector(entry.vector());
        }
        state.graph().write(out);
    }

    /**
     * The state that a file holds, if there is one that the database follows.
     *
     * @return null when there is none
     */
    @Nullable
    State read(Space space, Head head, Graphs graphs) {
        if (folder == null) {
            return null;
        }
        Path file = file(folder, space.space());
        try (SnapshotReader in = SnapshotReader.open(file)) {
            return read(space, head, graphs, in);
        } catch (NoSuchFileException _) {
            return null;
        } catch (IOException | RuntimeException e) {
            LOG.warnf("%s is of no use, the index is built anew: %s", file, e.getMessage());
            return null;
        }
    }

    private static State read(Space space, Head head, Graphs graphs, SnapshotReader in) throws IOException {
        require(in.getLong() == MAGIC, "it has another form");
        require(in.getLong() == space.space().id(), "it is of another collection");
        require(in.getInt() == space.space().dimension(), "it has another dimension");
        require(in.getText().equals(space.space().metric().name()), "it has another metric");
        UUID incarnation = new UUID(in.getLong(), in.getLong());
        long sequence = in.getLong();
        require(head.follows(incarnation, sequence), "the database has another history");
        int size = in.getInt();
        BitSet dead = new BitSet();
        PointTable table = new PointTable();
        for (int number = 0; number < size; number++) {
            dead.set(number, in.getInt() == 1);
            String id = in.getText();
            Metadata metadata = MetadataJson.read(in.getText());
            VectorFloat<?> vector = space.held(in.getVector(space.space().dimension()));
            Entry entry = new Entry(id, vector, metadata);
            if (dead.get(number)) {
                entry.kill();
            }
            table.append(entry);
        }
        PointGraph graph = graphs.of(table);
        graph.read(in);
        return new State(incarnation, sequence, table, size, dead, graph);
    }

    private static void require(boolean holds, String otherwise) throws IOException {
        if (!holds) {
            throw new IOException(otherwise);
        }
    }

    /** Removes a space's file. */
    void delete(VectorSpace space) {
        if (folder == null) {
            return;
        }
        try {
            Files.deleteIfExists(file(folder, space));
        } catch (IOException e) {
            LOG.warnf("a snapshot stays: %s", e.getMessage());
        }
    }

    private static Path file(Path folder, VectorSpace space) {
        return folder.resolve("space-" + space.id() + ".snapshot");
    }
}
