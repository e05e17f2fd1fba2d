package dev.weft.inference.device;

import dev.weft.inference.device.Device.Cpu;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Reads what the CPU can do and how much of it this process may use. The JVM knows the limits of its container, a native executable
 * does not always, so both read them here.
 *
 * @see <a href="https://docs.kernel.org/admin-guide/cgroup-v2.html">cgroup v2: cpu.max</a>
 * @see <a href="https://docs.kernel.org/scheduler/sched-bwc.html">cgroup v1: cpu.cfs_quota_us</a>
 */
public final class CpuInfo {

    /** Names in /proc/cpuinfo: Intel's and AMD's VNNI in its two encodings, Arm's dot product. */
    private static final Set<String> INT8_FLAGS = Set.of("avx512_vnni", "avx_vnni", "asimddp");

    private CpuInfo() {}

    /** The CPU of this process. */
    public static Cpu read() {
        return read(Path.of("/"), Runtime.getRuntime().availableProcessors());
    }

    /**
     * The CPU that the files below {@code root} describe.
     *
     * @param processors how many the operating system shows
     */
    static Cpu read(Path root, int processors) {
        return new Cpu(Math.min(processors, quota(root)), hasInt8(root.resolve("proc/cpuinfo")));
    }

    private static int quota(Path root) {
        List<String> v2 = words(root.resolve("sys/fs/cgroup/cpu.max"));
        if (v2.size() == 2) {
            return cores(v2.get(0), v2.get(1));
        }
        List<String> quota = words(root.resolve("sys/fs/cgroup/cpu/cpu.cfs_quota_us"));
        List<String> period = words(root.resolve("sys/fs/cgroup/cpu/cpu.cfs_period_us"));
        return quota.size() == 1 && period.size() == 1 ? cores(quota.getFirst(), period.getFirst()) : Integer.MAX_VALUE;
    }

    /** Whole cores: a thread more than the quota has would only be throttled. Less than one core is one. */
    private static int cores(String quota, String period) {
        try {
            long micros = Long.parseLong(quota);
            return micros <= 0 ? Integer.MAX_VALUE : (int) Math.max(1, micros / Long.parseLong(period));
        } catch (NumberFormatException _) {
            return Integer.MAX_VALUE; // "max": no limit
        }
    }

    private static List<String> words(Path file) {
        try {
            return Arrays.asList(Files.readString(file).strip().split("\\s+"));
        } catch (IOException _) {
            return List.of();
        }
    }

    private static boolean hasInt8(Path cpuinfo) {
        try (Stream<String> lines = Files.lines(cpuinfo)) {
            return lines.filter(line -> line.startsWith("flags") || line.startsWith("Features")).findFirst().stream()
                    .flatMap(line -> Arrays.stream(line.split("\\s+")))
                    .anyMatch(INT8_FLAGS::contains);
        } catch (IOException | java.io.UncheckedIOException _) {
            // No Linux: of the systems that are left, Apple's processors have it.
            return System.getProperty("os.arch", "").equals("aarch64");
        }
    }
}
