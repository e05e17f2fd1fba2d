package dev.weft.training.backend.local;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weft.kit.error.Failure;
import dev.weft.training.backend.Observation;
import dev.weft.training.backend.OutputPiece;
import dev.weft.training.backend.RunRequest;
import dev.weft.training.backend.TrainingBackend;
import dev.weft.training.backend.TrainingBackendContract;
import dev.weft.training.job.DataSource;
import dev.weft.training.job.EndReason;
import dev.weft.training.job.JobFixture;
import dev.weft.training.job.ResourceRequest;
import dev.weft.training.job.RunKey;
import dev.weft.training.job.RunOutput;
import dev.weft.training.runtime.JobFile;
import dev.weft.training.runtime.Parameters;
import dev.weft.training.runtime.Resources;
import dev.weft.training.runtime.RuntimeSettings;
import dev.weft.training.runtime.TrainingRuntime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalProcessBackendTest extends TrainingBackendContract {

    /** Writes a line for each time it is begun, and ends with the code that a file tells. */
    private static final String WAITING = """
            echo begun >> "$1/../../begun-$(basename "$(dirname "$1")")"
            echo "out of $WEFT_RUN"
            echo trouble >&2
            while [ ! -e "$1/../end" ]; do sleep 0.02; done
            exit "$(cat "$1/../end")"
            """;

    @TempDir
    private Path root;

    private final Map<String, String> settings = new HashMap<>();
    private String script = WAITING;

    @Override
    protected TrainingBackend backend() {
        Map<String, String> all = new HashMap<>(settings);
        all.put("weft.training.local.folder", root.toString());
        all.putIfAbsent("weft.training.local.grace", "300ms");
        return new LocalProcessBackend(
                JobFixture.config(LocalConfig.class, all), (_, _, _) -> RuntimeSettings.Told.NOTHING);
    }

    @Override
    protected TrainingRuntime runtime() {
        return new TrainingRuntime.Command(
                "waiter",
                "",
                new Parameters(List.of()),
                new Resources(1000, 1L << 30, 0),
                List.of("sh", "-c", script, "waiter"));
    }

    @Override
    protected int begun(RunKey of) {
        try {
            Path file = root.resolve("begun-" + of);
            return Files.exists(file) ? Files.readAllLines(file).size() : 0;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    protected void letEnd(RunKey of, int code) {
        try {
            Path end = root.resolve(of.toString()).resolve("end.new");
            Files.writeString(end, Integer.toString(code));
            Files.move(end, end.resolveSibling("end"));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @AfterEach
    void endAll() {
        for (RunKey run : backend().runs(soon())) {
            await().atMost(LIMIT).until(() -> {
                backend().cancel(run, soon());
                return isOver(backend().observe(run, soon()));
            });
        }
    }

    private List<ProcessTable.Entry> members() throws IOException {
        return ProcessTable.members(key, new RunFolder(root.resolve(key.toString())).launched());
    }

    private void submit(String program) {
        script = program;
        backend().submit(request(key), soon());
    }

    private String output(String stream) {
        List<String> texts = new ArrayList<>();
        String cursor = "";
        OutputPiece piece;
        do {
            piece = backend().read(key, cursor, soon());
            piece.lines().stream()
                    .filter(line -> line.stream().equals(stream))
                    .map(RunOutput.Line::text)
                    .forEach(texts::add);
            cursor = piece.cursor();
        } while (piece.more());
        return String.join("\n", texts);
    }

    @Test
    void outputIsReadInPiecesWhileItIsWritten() {
        backend().submit(request(key), soon());
        await().atMost(LIMIT).untilAsserted(() -> {
            assertThat(output("stdout")).isEqualTo("out of " + key);
            assertThat(output("stderr")).isEqualTo("trouble");
        });
        String cursor = backend().read(key, "", soon()).cursor();

        OutputPiece next = backend().read(key, cursor, soon());

        assertThat(next.lines()).isEmpty();
        assertThat(next.cursor()).isEqualTo(cursor);
    }

    @Test
    void lastLineNeedsNoLineBreakAndLastWordsAreTold() {
        submit("printf 'a\\nb'; printf 'sorry' >&2; exit 9");

        awaitExit(9);

        assertThat(output("stdout")).isEqualTo("a\nb");
        assertThat(((Observation.Exited) backend().observe(key, soon())).lastLines())
                .containsExactly("sorry", "a", "b");
    }

    @Test
    void outputBeyondItsLimitIsSwallowedAndTheProgramGoesOn() throws IOException {
        settings.put("weft.training.local.max-output", "1024");

        submit("i=0; while [ $i -lt 5000 ]; do echo 0123456789; i=$((i+1)); done; exit 4");

        awaitExit(4);
        assertThat(Files.size(root.resolve(key.toString()).resolve("stdout"))).isEqualTo(1024);
    }

    @Test
    void killedProgramIsToldFromOneThatFailed() throws IOException {
        backend().submit(request(key), soon());
        awaitBegun();

        for (ProcessTable.Entry member : members()) {
            ProcessHandle.of(member.pid()).ifPresent(ProcessHandle::destroyForcibly);
        }

        await().atMost(LIMIT).untilAsserted(() -> assertThat(backend().observe(key, soon()))
                .isInstanceOfSatisfying(
                        Observation.Ended.class,
                        ended -> assertThat(ended.reason().kind()).isEqualTo(EndReason.Kind.INFRASTRUCTURE)));
    }

    @Test
    void programWhoseLauncherWasKilledIsEndedToo() throws IOException {
        backend().submit(request(key), soon());
        awaitBegun();
        long launcher = new RunFolder(root.resolve(key.toString()))
                .launched()
                .orElseThrow()
                .pid();

        ProcessHandle.of(launcher).orElseThrow().destroyForcibly();

        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(backend().observe(key, soon())).isInstanceOf(Observation.Ended.class));
        assertThat(members()).isEmpty();
    }

    @Test
    void everyDescendantEndsWithACancelledRunEvenInASessionOfItsOwn() throws IOException {
        submit("""
                trap '' TERM
                setsid sh -c 'trap "" TERM; while :; do sleep 1; done' &
                (while :; do sleep 1; done) &
                echo begun >> "$1/../../begun-$(basename "$(dirname "$1")")"
                while :; do sleep 1; done
                """);
        awaitBegun();
        await().atMost(LIMIT).untilAsserted(() -> assertThat(members()).hasSizeGreaterThan(8));

        cancelUntilOver();

        assertThat(members()).isEmpty();
    }

    @Test
    void whatAProgramLeavesBehindEndsSoonAfterIt() throws IOException {
        submit("(while :; do sleep 1; done) & exit 0");

        awaitExit(0);

        assertThat(members()).isEmpty();
    }

    @Test
    void programIsToldToEndBeforeItIsKilled() {
        settings.put("weft.training.local.grace", "30s");
        submit("""
                trap 'echo saved; exit 3' TERM
                echo begun >> "$1/../../begun-$(basename "$(dirname "$1")")"
                while :; do sleep 0.05; done
                """);
        awaitBegun();

        cancelUntilOver();

        assertThat(backend().observe(key, soon())).isInstanceOf(Observation.Exited.class);
    }

    @Test
    void environmentHoldsNothingOfTheDispatchersButWhatIsNamed() {
        submit("env; pwd");

        awaitExit(0);
        List<String> names = output("stdout")
                .lines()
                .filter(line -> line.contains("="))
                .map(line -> line.substring(0, line.indexOf('=')))
                .toList();
        assertThat(names).contains("PATH", "HOME", "TMPDIR", "WEFT_RUN", "OMP_NUM_THREADS");
        assertThat(names)
                .isSubsetOf(
                        "PATH",
                        "LANG",
                        "LC_ALL",
                        "TZ",
                        "HOME",
                        "TMPDIR",
                        "WEFT_RUN",
                        "OMP_NUM_THREADS",
                        "WEFT_CORES",
                        "WEFT_MEMORY_BYTES",
                        "PWD",
                        "OLDPWD",
                        "SHLVL",
                        "_");
        assertThat(output("stdout"))
                .endsWith(root.resolve(key.toString()).resolve("job").toString());
    }

    @Test
    void memoryBeyondTheLimitIsRefusedToTheProgram() {
        script = "ulimit -d; exit 0";
        backend()
                .submit(
                        new RunRequest(
                                key,
                                runtime(),
                                "{}",
                                new DataSource.None(),
                                Optional.empty(),
                                new ResourceRequest(1000, 64L << 20, 0),
                                Duration.ofMinutes(1)),
                        soon());

        awaitExit(0);

        assertThat(output("stdout")).isEqualTo("65536");
    }

    @Test
    void runEndsByItselfWhenNoDispatcherComesBackAtItsDeadline() {
        // One minute is the watchdog's own addition.
        script = WAITING;
        backend()
                .submit(
                        new RunRequest(
                                key,
                                runtime(),
                                "{}",
                                new DataSource.None(),
                                Optional.empty(),
                                ResourceRequest.UNSAID,
                                Duration.ofSeconds(-59)),
                        soon());

        await().atMost(LIMIT)
                .untilAsserted(() -> assertThat(backend().observe(key, soon())).isInstanceOf(Observation.Ended.class));
    }

    @Test
    void dataAndParametersLieInTheJobsFolder() {
        script = "cat \"$1/data/intents.csv\"";
        backend()
                .submit(
                        new RunRequest(
                                key,
                                runtime(),
                                "{\"epochs\": 3}",
                                new DataSource.Stored("intents.csv", 5),
                                Optional.of("a,b\n".getBytes(java.nio.charset.StandardCharsets.UTF_8)),
                                ResourceRequest.UNSAID,
                                Duration.ofMinutes(1)),
                        soon());

        awaitExit(0);

        JobFile job = JobFile.read(root.resolve(key.toString()).resolve("job"));
        assertThat(output("stdout")).isEqualTo("a,b");
        assertThat(job.parameters().path("epochs").asInt()).isEqualTo(3);
        assertThat(job.data()).containsEntry("train", "data/intents.csv");
    }

    @Test
    void dataOutsideTheAllowedFoldersAreRefused() throws IOException {
        Path allowed = Files.createDirectory(root.resolve("allowed"));
        Path secret = Files.writeString(root.resolve("secret"), "x");
        Files.createSymbolicLink(allowed.resolve("link"), secret);
        settings.put("weft.training.local.data-folders", allowed.toString());

        for (Path path : List.of(secret, allowed.resolve("link"), allowed.resolve("missing"))) {
            RunRequest request = new RunRequest(
                    key,
                    runtime(),
                    "{}",
                    new DataSource.Reference(path.toUri().toString()),
                    Optional.empty(),
                    ResourceRequest.UNSAID,
                    Duration.ofMinutes(1));
            assertThatThrownBy(() -> backend().submit(request, soon())).isInstanceOf(Failure.InvalidArgument.class);
        }
        assertThat(begun(key)).isZero();
    }

    @Test
    void programThatIsNotThereEndsWithItsCode() {
        TrainingRuntime missing = new TrainingRuntime.Command(
                "missing",
                "",
                new Parameters(List.of()),
                new Resources(1000, 1L << 30, 0),
                List.of("/no/such/program"));

        backend()
                .submit(
                        new RunRequest(
                                key,
                                missing,
                                "{}",
                                new DataSource.None(),
                                Optional.empty(),
                                ResourceRequest.UNSAID,
                                Duration.ofMinutes(1)),
                        soon());

        awaitExit(127);
    }

    @Test
    void containersAreRefused() {
        TrainingRuntime container = new TrainingRuntime.Container(
                "image", "", new Parameters(List.of()), new Resources(1000, 1L << 30, 0), "trainer:1", List.of());

        assertThatThrownBy(() -> backend()
                        .submit(
                                new RunRequest(
                                        key,
                                        container,
                                        "{}",
                                        new DataSource.None(),
                                        Optional.empty(),
                                        ResourceRequest.UNSAID,
                                        Duration.ofMinutes(1)),
                                soon()))
                .isInstanceOf(Failure.InvalidArgument.class)
                .hasMessageContaining("container");
    }
}
