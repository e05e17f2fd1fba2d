package dev.weft.inference.lifecycle;

import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.jboss.logging.Logger;

/** How much memory this process has and may have, and giving back what the C library keeps. Linux; elsewhere it knows less. */
public final class ProcessMemory {

    private static final Logger LOG = Logger.getLogger(ProcessMemory.class);
    private static final long KIB = 1024;

    private ProcessMemory() {}

    /** Resident bytes of this process; empty where the operating system does not tell. */
    public static OptionalLong resident() {
        return kibibytes(Path.of("/proc/self/status"), "VmRSS:");
    }

    /**
     * Bytes that this process may use: its container's limit or the machine's memory.
     *
     * @see <a href="https://docs.kernel.org/admin-guide/cgroup-v2.html">cgroup v2: memory.max</a>
     */
    static OptionalLong limit() {
        OptionalLong machine = kibibytes(Path.of("/proc/meminfo"), "MemTotal:");
        OptionalLong container = Stream.of("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
                .map(ProcessMemory::number)
                .flatMapToLong(OptionalLong::stream)
                .findFirst();
        if (machine.isEmpty() || container.isEmpty()) {
            return machine.isPresent() ? machine : container;
        }
        return OptionalLong.of(Math.min(machine.getAsLong(), container.getAsLong()));
    }

    private static OptionalLong number(String file) {
        try {
            return OptionalLong.of(
                    Long.parseLong(Files.readString(Path.of(file)).strip()));
        } catch (IOException | NumberFormatException _) {
            return OptionalLong.empty(); // no such file, or "max"
        }
    }

    private static OptionalLong kibibytes(Path file, String field) {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.filter(line -> line.startsWith(field))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * KIB)
                    .findFirst();
        } catch (IOException | java.io.UncheckedIOException _) {
            return OptionalLong.empty();
        }
    }

    /**
     * Gives the memory that was freed back to the operating system, which glibc otherwise keeps for the next allocation.
     *
     * @see <a href="https://man7.org/linux/man-pages/man3/malloc_trim.3.html">malloc_trim(3)</a>
     */
    static void trim() {
        try {
            Optional<MemorySegment> trim = Linker.nativeLinker().defaultLookup().find("malloc_trim");
            if (trim.isPresent()) { // another C library needs no telling
                int _ = (int) downcall(trim.get()).invokeExact(0L);
            }
        } catch (Throwable e) {
            // Whatever it is, a builder of native executables without foreign functions too: this is no reason to fail.
            LOG.debugf(e, "malloc_trim failed");
        }
    }

    @SuppressWarnings("restricted") // one C function without pointers
    private static MethodHandle downcall(MemorySegment function) {
        return Linker.nativeLinker()
                .downcallHandle(function, FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG));
    }
}
