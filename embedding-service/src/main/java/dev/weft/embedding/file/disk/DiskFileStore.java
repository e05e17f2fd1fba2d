package dev.weft.embedding.file.disk;

import dev.weft.embedding.file.FileStore;
import dev.weft.embedding.file.FilesConfig;
import dev.weft.kit.error.Failure;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import org.jboss.logging.Logger;

/** Blobs as files of a folder: {@code ab/abcdef….blob}. Each is written under another name, flushed, and renamed. */
@Singleton
public final class DiskFileStore implements FileStore {

    private static final Logger LOG = Logger.getLogger(DiskFileStore.class);

    private final Path folder;

    @Inject
    public DiskFileStore(FilesConfig config) {
        this(config.folder());
    }

    public DiskFileStore(Path folder) {
        this.folder = folder;
    }

    @Override
    public String name() {
        return "disk";
    }

    @Override
    public BlobWriter create(UUID blob) {
        return new Writer(path(blob));
    }

    @Override
    public InputStream open(UUID blob, long offset) {
        try {
            FileChannel channel = FileChannel.open(path(blob), StandardOpenOption.READ);
            return java.nio.channels.Channels.newInputStream(channel.position(offset));
        } catch (NoSuchFileException e) {
            throw new Failure.Internal(
                    "blob " + blob + " is not in " + folder + " (expected: a folder that all replicas share)", e);
        } catch (IOException e) {
            throw unusable(e);
        }
    }

    @Override
    public void delete(UUID blob) {
        try {
            Files.deleteIfExists(path(blob));
            Files.deleteIfExists(unfinished(path(blob)));
        } catch (IOException e) {
            throw unusable(e);
        }
    }

    private Path path(UUID blob) {
        String name = blob.toString();
        return folder.resolve(name.substring(0, 2)).resolve(name + ".blob");
    }

    private static Path unfinished(Path path) {
        return path.resolveSibling(path.getFileName() + ".part");
    }

    private Failure unusable(IOException e) {
        LOG.warnf(e, "%s cannot be used", folder);
        return new Failure.Unavailable("the folder of files cannot be used; try again");
    }

    private final class Writer implements BlobWriter {

        private final Path path;
        private final FileChannel channel;
        private boolean finished;

        private Writer(Path path) {
            this.path = path;
            try {
                Files.createDirectories(path.getParent());
                channel = FileChannel.open(unfinished(path), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
            } catch (IOException e) {
                throw unusable(e);
            }
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            ByteBuffer buffer = ByteBuffer.wrap(bytes, offset, length);
            try {
                while (buffer.hasRemaining()) {
                    channel.write(buffer);
                }
            } catch (IOException e) {
                throw unusable(e);
            }
        }

        @Override
        public void finish() {
            try {
                channel.force(true);
                Files.move(unfinished(path), path, StandardCopyOption.ATOMIC_MOVE);
                // The rename is on disk when the folder is.
                try (FileChannel parent = FileChannel.open(path.getParent(), StandardOpenOption.READ)) {
                    parent.force(true);
                }
                finished = true;
            } catch (IOException e) {
                throw unusable(e);
            }
        }

        @Override
        public void close() {
            try {
                channel.close();
                if (!finished) {
                    Files.deleteIfExists(unfinished(path));
                }
            } catch (IOException e) {
                LOG.warnf(e, "%s is left behind", unfinished(path));
            }
        }
    }
}
