package dev.weft.training.backend.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weft.kit.error.Failure;
import dev.weft.store.Manifest;
import dev.weft.training.backend.Observation;
import dev.weft.training.backend.TrainingBackend;
import dev.weft.training.backend.TrainingBackendContract;
import dev.weft.training.backend.worker.WorkerRuns.HeldRun;
import dev.weft.training.backend.worker.WorkerRuns.Offer;
import dev.weft.training.job.DataSource;
import dev.weft.training.job.EndReason;
import dev.weft.training.job.JobFixture;
import dev.weft.training.job.ResourceRequest;
import dev.weft.training.job.RunKey;
import dev.weft.training.job.RunOutput;
import dev.weft.training.job.TrainingJob;
import dev.weft.training.runtime.Parameters;
import dev.weft.training.runtime.Resources;
import dev.weft.training.runtime.TrainingRuntime;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.time.Duration;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PullWorkerBackendTest extends TrainingBackendContract {

    private static final ResourceRequest LARGE = new ResourceRequest(64_000, 1L << 40, 8);

    @TempDir
    private Path scratch;

    private final JobFixture fixture = JobFixture.create();
    private final Map<String, String> settings = new HashMap<>(Map.of("weft.training.worker.max-artefact", "1000"));
    private final Map<RunKey, HeldRun> held = new HashMap<>();
    private final Map<RunKey, Integer> begun = new HashMap<>();

    private WorkerConfig config() {
        return JobFixture.config(WorkerConfig.class, settings);
    }

    private WorkerRuns runs() {
        return new WorkerRuns(fixture.database, config(), fixture.config);
    }

    private WorkerUploads uploads() {
        return new WorkerUploads(fixture.database, runs(), config());
    }

    @Override
    protected TrainingBackend backend() {
        return new PullWorkerBackend(fixture.database, config(), uploads());
    }

    @Override
    protected TrainingRuntime runtime() {
        return new TrainingRuntime.Command(
                "trainer", "", new Parameters(List.of()), new Resources(1000, 1L << 30, 0), List.of("true"));
    }

    /** A worker that takes whatever is offered. */
    @Override
    protected int begun(RunKey of) {
        while (true) {
            Optional<Offer> offer = runs().claim("colab", List.of(), LARGE);
            if (offer.isEmpty()) {
                return begun.getOrDefault(of, 0);
            }
            begun.merge(offer.get().key(), 1, Integer::sum);
            held.put(
                    offer.get().key(),
                    new HeldRun("colab", offer.get().key(), offer.get().token()));
        }
    }

    @Override
    protected void letEnd(RunKey of, int code) {
        HeldRun run = held(of);
        if (code == 0) {
            uploads().complete(run, Map.of("accuracy", 0.9));
        } else {
            runs().fail(run, "bad data", false);
        }
    }

    private HeldRun held(RunKey of) {
        return Objects.requireNonNull(held.get(of), "a run that was claimed");
    }

    private HeldRun claimed() {
        backend().submit(request(key), soon());
        awaitBegun();
        return held(key);
    }

    private static Manifest.Entry file(String path, String content) throws Exception {
        byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
        return new Manifest.Entry(
                path,
                bytes.length,
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes)));
    }

    private void send(HeldRun run, String path, long offset, String piece) {
        uploads().append(run, path, offset, piece.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void nothingIsKeptOfTheResultOfARunThatFailed() throws Exception {
        HeldRun run = claimed();
        uploads().begin(run, file("model.onnx", "weights"));
        send(run, "model.onnx", 0, "wei");

        runs().fail(run, "out of memory", true);

        int pieces = fixture.database.inTransaction(connection -> {
            try (PreparedStatement statement =
                    connection.prepareStatement("SELECT count(*) FROM training_worker_chunk WHERE run_key = ?")) {
                statement.setString(1, key.toString());
                try (ResultSet rows = statement.executeQuery()) {
                    rows.next();
                    return rows.getInt(1);
                }
            }
        });
        assertThat(pieces).isZero();
    }

    @Test
    void runThatAWorkerGivesBackHasNotFailed() throws Exception {
        HeldRun run = claimed();
        uploads().begin(run, file("model.onnx", "weights"));
        send(run, "model.onnx", 0, "wei");

        runs().giveBack(run, "the worker was stopped");

        assertThat(backend().observe(key, soon())).isEqualTo(new Observation.GivenBack("the worker was stopped"));
        assertThat(fixture.number("SELECT count(*) FROM training_worker_chunk WHERE run_key = '" + key + "'"))
                .isZero();
        assertThatThrownBy(() -> runs().heartbeat(run)).isInstanceOf(Failure.Aborted.class);
    }

    @Test
    void runGoesOnlyToAWorkerThatCanRunIt() {
        backend()
                .submit(
                        new dev.weft.training.backend.RunRequest(
                                key,
                                runtime(),
                                "{}",
                                new DataSource.None(),
                                Optional.empty(),
                                new ResourceRequest(1000, 1L << 30, 1),
                                Duration.ofMinutes(1)),
                        soon());

        assertThat(runs().claim("laptop", List.of(), new ResourceRequest(8000, 0, 0)))
                .isEmpty();
        assertThat(runs().claim("colab", List.of("other"), LARGE)).isEmpty();
        assertThat(runs().claim("colab", List.of("other", "trainer"), LARGE)).isPresent();
    }

    @Test
    void silentWorkersRunIsLostAndHisLaterCallsAreRefused() {
        settings.put("weft.training.worker.lease-term", "300ms");
        HeldRun run = claimed();

        await().atMost(LIMIT).untilAsserted(() -> assertThat(backend().observe(key, soon()))
                .isInstanceOfSatisfying(Observation.Ended.class, ended -> {
                    assertThat(ended.reason().kind()).isEqualTo(EndReason.Kind.INFRASTRUCTURE);
                    assertThat(ended.reason().message()).contains("colab");
                }));

        assertThatThrownBy(() -> runs().heartbeat(run)).isInstanceOf(Failure.Aborted.class);
        assertThatThrownBy(() -> uploads().complete(run, Map.of())).isInstanceOf(Failure.Aborted.class);
        assertThatThrownBy(() -> runs().fail(run, "", true)).isInstanceOf(Failure.Aborted.class);
    }

    @Test
    void callsWithAnotherTokenOrWorkerAreRefused() {
        HeldRun run = claimed();

        assertThatThrownBy(() -> runs().heartbeat(new HeldRun("colab", key, run.token() + 1)))
                .isInstanceOf(Failure.Aborted.class);
        assertThatThrownBy(() -> runs().heartbeat(new HeldRun("laptop", key, run.token())))
                .isInstanceOf(Failure.Aborted.class);
        assertThat(runs().heartbeat(run)).isFalse();
    }

    @Test
    void workerHearsThatHisRunIsNotWanted() {
        settings.put("weft.training.worker.grace", "1h");
        HeldRun run = claimed();

        backend().cancel(key, soon());

        assertThat(runs().heartbeat(run)).isTrue();
        assertThat(backend().observe(key, soon())).isInstanceOf(Observation.Running.class);
        runs().fail(run, "stopped", true);
        assertThat(isOver(backend().observe(key, soon()))).isTrue();
    }

    @Override
    protected void cancelUntilOver() {
        settings.put("weft.training.worker.grace", "200ms");
        super.cancelUntilOver();
    }

    @Test
    void filesArriveInPiecesAndGoOnWhereTheyWereCutOff() throws Exception {
        HeldRun run = claimed();
        Manifest.Entry file = file("onnx/model.onnx", "hello world");
        uploads().begin(run, file);
        send(run, file.path(), 0, "hello ");

        long offset = uploads().begin(run, file);
        assertThatThrownBy(() -> send(run, file.path(), 0, "hello ")).isInstanceOf(Failure.FailedPrecondition.class);
        assertThatThrownBy(() -> uploads().complete(run, Map.of())).isInstanceOf(Failure.FailedPrecondition.class);
        send(run, file.path(), offset, "world");
        uploads().complete(run, Map.of("accuracy", 0.9));

        assertThat(offset).isEqualTo(6);
        Path output = backend().output(key, scratch, soon());
        assertThat(Files.readString(output.resolve("onnx/model.onnx"))).isEqualTo("hello world");
    }

    @Test
    void pieceKeepsTheRunAsAHeartbeatDoes() throws Exception {
        HeldRun run = claimed();
        uploads().begin(run, file("model.onnx", "weights"));
        settings.put("weft.training.worker.lease-term", "9h");

        send(run, "model.onnx", 0, "wei");

        boolean kept = fixture.database.inTransaction(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(
                    "SELECT lease_until > clock_timestamp() + INTERVAL '8 h' FROM training_worker_run WHERE run_key = ?")) {
                statement.setString(1, key.toString());
                try (ResultSet rows = statement.executeQuery()) {
                    return rows.next() && rows.getBoolean(1);
                }
            }
        });
        assertThat(kept).isTrue();
    }

    @Test
    void fileWithAnotherHashIsRefusedAndSentAgain() throws Exception {
        HeldRun run = claimed();
        Manifest.Entry file = file("model.bin", "right");
        uploads().begin(run, file);
        send(run, file.path(), 0, "wrong");

        assertThatThrownBy(() -> uploads().complete(run, Map.of()))
                .isInstanceOf(Failure.FailedPrecondition.class)
                .hasMessageContaining("model.bin");

        assertThat(uploads().begin(run, file)).isZero();
        send(run, file.path(), 0, "right");
        uploads().complete(run, Map.of());
        assertThat(backend().observe(key, soon())).isInstanceOf(Observation.Exited.class);
    }

    @Test
    void resultBeyondTheLimitIsRefused() {
        HeldRun run = claimed();

        assertThatThrownBy(() -> uploads().begin(run, new Manifest.Entry("a", 1001, "0".repeat(64))))
                .isInstanceOf(Failure.TooLarge.class);
    }

    @Test
    void reportThatIsRepeatedCountsOnce() {
        TrainingJob job = fixture.submit(JobFixture.spec("worker", "a"));
        RunKey run = new RunKey(job.id(), 1);
        backend().submit(request(run), soon());
        begun(run);
        RunOutput output = new RunOutput(
                List.of(new RunOutput.Line("stdout", "epoch 1")),
                List.of(new RunOutput.Figure(1, "loss", 0.5)),
                List.of(),
                OptionalDouble.of(0.5),
                Optional.empty());

        runs().report(held(run), 1, output);
        runs().report(held(run), 1, output);

        assertThat(fixture.journal.logs(job.id(), 0, 10)).hasSize(1);
        assertThat(fixture.journal.metrics(job.id(), 0, 10)).hasSize(1);
    }

    @Test
    void tokenOpensTheDoorUntilItIsRevoked() {
        WorkerRepository workers = new WorkerRepository(fixture.database);

        String token = workers.create("colab");

        assertThat(workers.authenticate(token)).isEqualTo("colab");
        assertThatThrownBy(() -> workers.create("colab")).isInstanceOf(Failure.AlreadyExists.class);
        assertThatThrownBy(() -> workers.authenticate(token + "x")).isInstanceOf(Failure.Unauthenticated.class);
        assertThat(fixture.number("SELECT count(*) FROM training_worker WHERE token_sha256 LIKE '%wtw%'"))
                .isZero();
        workers.revoke("colab");
        assertThatThrownBy(() -> workers.authenticate(token)).isInstanceOf(Failure.Unauthenticated.class);
        assertThat(workers.all()).singleElement().satisfies(worker -> assertThat(worker.revoked())
                .isTrue());
    }
}
