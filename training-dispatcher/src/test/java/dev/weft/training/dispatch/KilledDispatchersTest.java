package dev.weft.training.dispatch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weft.postgres.ServiceDatabase;
import dev.weft.training.job.EndReason;
import dev.weft.training.job.JobFixture;
import dev.weft.training.job.JobId;
import dev.weft.training.job.JobSpec;
import dev.weft.training.job.JobState;
import dev.weft.training.job.RunKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two dispatchers as processes, and training as processes; dispatchers, launchers and programs are killed by SIGKILL at random moments. The programs
 * write into a ledger what they did, and hold a lock of the kernel's while they live, so that a second run of a job at the same time betrays itself.
 * {@code -Dweft.kills=N} makes it longer.
 */
class KilledDispatchersTest {

    /** That have not ended, as long as there is killing. */
    private static final int OPEN = 12;

    private static final int ATTEMPTS = 40;
    private static final int KILLS = Integer.getInteger("weft.kills", 12);
    private static final Duration LIMIT = Duration.ofMinutes(4);

    private static final String PROGRAM = """
            root="$1/../.."
            key=$(basename "$(dirname "$1")")
            echo "begin $key" >> "$root/ledger"
            exec 9> "$root/lock-${key%-*}"
            flock -n 9 || echo "double $key" >> "$root/ledger"
            i=0
            while [ $i -lt 10 ]; do
                echo "{\\"type\\": \\"progress\\", \\"percent\\": ${i}0}"
                sleep 0.05
                i=$((i+1))
            done
            echo "end $key" >> "$root/ledger"
            """;

    @TempDir
    private Path root;

    private final ServiceDatabase database = JobFixture.emptySchema();
    private final JobFixture fixture = new JobFixture(migrated(database), Map.of());
    private final List<Process> dispatchers = new ArrayList<>();

    private static DataSource migrated(ServiceDatabase database) {
        DataSource source =
                JobFixture.pool(database.url(), ServiceDatabase.role("training"), database.superuserPassword());
        JobFixture.migrate(source);
        return source;
    }

    @AfterEach
    void endAll() throws IOException {
        dispatchers.forEach(Process::destroyForcibly);
        for (ProcessHandle run : trainingProcesses()) {
            run.destroyForcibly();
        }
    }

    @Test
    void everyJobEndsOnceAndNothingIsLeftBehind() throws IOException {
        long seed = new Random().nextLong();
        System.out.println("seed " + seed + ", kills " + KILLS);
        Random random = new Random(seed);
        List<JobId> jobs = new ArrayList<>();
        List<JobId> cancelled = new ArrayList<>();
        dispatchers.add(start());
        dispatchers.add(start());

        int kills = 0;
        while (kills < KILLS) {
            for (long open = open(); open < OPEN; open++) {
                jobs.add(submit("n" + jobs.size()));
            }
            LockSupport.parkNanos(random.nextLong(900_000_000L));
            if (random.nextInt(3) == 0) {
                int which = random.nextInt(2);
                dispatchers.set(which, killed(dispatchers.get(which)));
                kills++;
            } else if (killOneOf(trainingProcesses(), random)) {
                kills++;
            }
            if (random.nextInt(8) == 0) {
                cancelled.add(jobs.get(random.nextInt(jobs.size())));
                fixture.jobs.requestCancel(cancelled.getLast(), "not needed");
            }
        }
        System.out.println(jobs.size() + " jobs");

        await().atMost(LIMIT).untilAsserted(() -> assertThat(open()).isZero());
        await().atMost(Duration.ofSeconds(30))
                .untilAsserted(() -> assertThat(trainingProcesses()).isEmpty());
        verifyLedger(jobs, cancelled);
    }

    private void verifyLedger(List<JobId> jobs, List<JobId> cancelled) throws IOException {
        Map<String, Long> ledger = Files.readAllLines(root.resolve("ledger")).stream()
                .collect(Collectors.groupingBy(line -> line, Collectors.counting()));
        assertThat(ledger).as("each run once, no job twice at a time").allSatisfy((line, times) -> {
            assertThat(line).doesNotStartWith("double");
            assertThat(times).isOne();
        });
        for (JobId job : jobs) {
            JobState state = fixture.jobs.get(job).state();
            RunKey last = new RunKey(job, Math.max(1, state.attempt()));
            switch (state) {
                case JobState.Succeeded _ -> assertThat(ledger).containsKey("end " + last);
                case JobState.Cancelled _ -> assertThat(cancelled).contains(job);
                case JobState.Failed(int _, EndReason reason) ->
                    assertThat(reason).as("job %s", job).isNull();
                case JobState.Queued _,
                        JobState.Dispatched _,
                        JobState.Running _,
                        JobState.Stopping _,
                        JobState.Published _ -> assertThat(state).isNull();
            }
        }
    }

    private JobId submit(String label) {
        JobSpec spec = JobFixture.spec("local", label);
        String program = PROGRAM.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
        String runtime = """
                {"name": "ledger", "description": "", "parameters": [], "resources": {"milliCpus": 1000, "memoryBytes": 1000000000, "gpus": 0},
                 "command": ["sh", "-c", "%s", "ledger"]}""".formatted(program);
        return fixture.submit(
                        new JobSpec(
                                spec.runtime(),
                                spec.parameters(),
                                spec.data(),
                                spec.backend(),
                                spec.resources(),
                                spec.deadline(),
                                ATTEMPTS,
                                spec.labels(),
                                Optional.empty()),
                        runtime)
                .id();
    }

    private Process start() {
        try {
            return new ProcessBuilder(
                            ProcessHandle.current().info().command().orElseThrow(),
                            "-XX:TieredStopAtLevel=1",
                            "-XX:+UseSerialGC",
                            "-Xmx128m",
                            "-cp",
                            System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                            TestDispatcher.class.getName(),
                            database.url(),
                            ServiceDatabase.role("training"),
                            database.superuserPassword(),
                            root.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(
                            root.resolve("dispatchers.log").toFile()))
                    .start();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private Process killed(Process dispatcher) {
        dispatcher.destroyForcibly();
        return start();
    }

    /** False when there was none that lived. */
    private static boolean killOneOf(List<ProcessHandle> processes, Random random) {
        return !processes.isEmpty()
                && processes.get(random.nextInt(processes.size())).destroyForcibly();
    }

    private long open() {
        return fixture.number("SELECT count(*) FROM training_job WHERE NOT ended");
    }

    /** Everything that carries a run's mark of this test's jobs: launchers, programs, and what they have started. */
    private List<ProcessHandle> trainingProcesses() throws IOException {
        List<ProcessHandle> found = new ArrayList<>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path process : processes) {
                try {
                    String environment = Files.readString(process.resolve("environ"), StandardCharsets.ISO_8859_1);
                    if (environment.contains("WEFT_RUN=") && environment.contains(root.toString())) {
                        ProcessHandle.of(Long.parseLong(process.getFileName().toString()))
                                .ifPresent(found::add);
                    }
                } catch (IOException _) {
                    // It has ended meanwhile.
                }
            }
        }
        return found;
    }
}
