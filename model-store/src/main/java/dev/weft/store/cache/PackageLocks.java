package dev.weft.store.cache;

import dev.weft.kit.error.Failure.Cancelled;
import dev.weft.kit.error.Failure.DeadlineExceeded;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.kit.time.Deadline;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Locks by name, shared or owned, among threads and processes. The system's file locks are held by a process as a whole, so threads take turns
 * by {@link #holders} first: one file lock per name serves all threads that share it. {@link #mutex} guards all state; waiting for another
 * process is polling, as the system has no waiting with a limit.
 */
final class PackageLocks {

    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final Path folder;
    private final ReentrantLock mutex = new ReentrantLock();
    private final Condition changed = mutex.newCondition();
    private final Map<String, Holder> holders = new HashMap<>();

    /** This process' hold of one name: by one thread that owns it, or by some that share it. */
    private record Holder(FileChannel channel, FileLock lock, boolean owned, int sharers) {}

    PackageLocks(Path folder) {
        this.folder = folder;
    }

    /** A lock that is held until it is closed; closing it twice is harmless. */
    final class Held implements AutoCloseable {

        private @Nullable String name;

        private Held(String name) {
            this.name = name;
        }

        @Override
        public void close() {
            mutex.lock();
            try {
                if (name != null) {
                    release(name);
                    name = null;
                    changed.signalAll();
                }
            } finally {
                mutex.unlock();
            }
        }
    }

    /** Shares the name, once nobody owns it. */
    Held share(String name, Deadline deadline) throws IOException {
        return await(name, false, deadline);
    }

    /** Owns the name, once nobody holds it. */
    Held own(String name, Deadline deadline) throws IOException {
        return await(name, true, deadline);
    }

    /** Owns the name if nobody holds it. */
    Optional<Held> tryOwn(String name) throws IOException {
        mutex.lock();
        try {
            return take(name, true) ? Optional.of(new Held(name)) : Optional.empty();
        } finally {
            mutex.unlock();
        }
    }

    private Held await(String name, boolean owned, Deadline deadline) throws IOException {
        mutex.lock();
        try {
            while (!take(name, owned)) {
                if (deadline.isExpired()) {
                    throw new DeadlineExceeded("package " + name + ": somebody else fetches or uses it");
                }
                // This process' threads end the wait at once; other processes' locks are looked at again.
                long _ = changed.awaitNanos(POLL_NANOS);
            }
            return new Held(name);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            throw new Cancelled("package " + name + ": interrupted");
        } finally {
            mutex.unlock();
        }
    }

    private boolean take(String name, boolean owned) throws IOException {
        Holder holder = holders.get(name);
        if (holder != null) {
            if (owned || holder.owned()) {
                return false;
            }
            holders.put(name, new Holder(holder.channel(), holder.lock(), false, holder.sharers() + 1));
            return true;
        }
        Files.createDirectories(folder);
        FileChannel channel = FileChannel.open(
                folder.resolve(name), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        FileLock lock = null;
        try {
            lock = channel.tryLock(0, Long.MAX_VALUE, !owned);
        } catch (OverlappingFileLockException _) {
            return false; // another cache of this process, over the same folder
        } finally {
            if (lock == null) {
                channel.close();
            }
        }
        if (lock == null) {
            return false;
        }
        holders.put(name, new Holder(channel, lock, owned, 1));
        return true;
    }

    private void release(String name) {
        Holder holder = holders.get(name);
        if (holder == null) {
            return;
        }
        if (holder.sharers() > 1) {
            holders.put(name, new Holder(holder.channel(), holder.lock(), false, holder.sharers() - 1));
            return;
        }
        holders.remove(name);
        try {
            holder.channel().close(); // and the lock with it
        } catch (IOException e) {
            throw new Unavailable("package " + name + ": " + e);
        }
    }
}
