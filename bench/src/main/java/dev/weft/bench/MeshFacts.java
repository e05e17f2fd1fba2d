package dev.weft.bench;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** What Linux' /proc and Micrometer tell about a process of the mesh. Stateless but for its HTTP client. */
final class MeshFacts implements AutoCloseable {

    /** USER_HZ, which is 100 on every architecture that Linux runs these services on. */
    private static final double TICKS_PER_SECOND = 100;

    private static final int STAT_USER_TICKS = 11;
    private static final int STAT_SYSTEM_TICKS = 12;
    private static final int STAT_START_TICKS = 19;

    private final HttpClient client = HttpClient.newHttpClient();

    /**
     * What the JVM has allocated so far. Both numbers move only when it collects garbage, so a difference is as coarse as a
     * young generation is large.
     *
     * @param bytes allocated
     * @param collections so far
     */
    record Allocation(double bytes, double collections) {
        Allocation minus(Allocation earlier) {
            return new Allocation(bytes - earlier.bytes, collections - earlier.collections);
        }
    }

    static double residentMegabytes(long pid) throws IOException {
        return residentMegabytes(Files.readAllLines(Path.of("/proc", Long.toString(pid), "status")));
    }

    static double residentMegabytes(List<String> status) {
        return status.stream()
                .filter(line -> line.startsWith("VmRSS:"))
                .mapToDouble(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024.0)
                .findFirst()
                .orElse(Double.NaN);
    }

    /** Seconds that the process has spent on cores, in its own code and in the kernel's. */
    static double cpuSeconds(long pid) throws IOException {
        return cpuSeconds(Files.readString(Path.of("/proc", Long.toString(pid), "stat")));
    }

    static double cpuSeconds(String stat) {
        return (field(stat, STAT_USER_TICKS) + field(stat, STAT_SYSTEM_TICKS)) / TICKS_PER_SECOND;
    }

    /** How long ago the process was started, to a hundredth of a second. */
    static double ageSeconds(long pid) throws IOException {
        String uptime = Files.readString(Path.of("/proc/uptime")).split(" ")[0];
        String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
        return Double.parseDouble(uptime) - field(stat, STAT_START_TICKS) / TICKS_PER_SECOND;
    }

    /** Counts from behind the command's name, which may itself hold spaces and parentheses. */
    private static long field(String stat, int index) {
        return Long.parseLong(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[index]);
    }

    /** Reads the metrics of a service on the JVM. */
    Allocation allocation(int httpPort) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + httpPort + "/q/metrics"))
                .timeout(Duration.ofSeconds(10))
                .build();
        List<String> lines =
                client.send(request, HttpResponse.BodyHandlers.ofLines()).body().toList();
        return new Allocation(
                sum(lines, "jvm_gc_memory_allocated_bytes_total"), sum(lines, "jvm_gc_pause_seconds_count"));
    }

    /** The sum of a metric over its labels, in Prometheus' text form. */
    static double sum(List<String> lines, String metric) {
        return lines.stream()
                .filter(line -> line.startsWith(metric + " ") || line.startsWith(metric + "{"))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
