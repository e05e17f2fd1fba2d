package dev.weft.training.backend.local;

import dev.weft.kit.error.Failure.DeadlineExceeded;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.ResourceExhausted;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.kit.time.Deadline;
import dev.weft.training.backend.ExternalRun;
import dev.weft.training.backend.Observation;
import dev.weft.training.backend.OutputPiece;
import dev.weft.training.backend.RunRequest;
import dev.weft.training.backend.TrainingBackend;
import dev.weft.training.job.EndReason;
import dev.weft.training.job.RunKey;
import dev.weft.training.runtime.RuntimeSettings;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;

/**
 * Runs as processes of this machine. Each has a folder, and everything about it is in there and in the kernel's table of processes: a dispatcher that
 * has just started sees what its predecessor saw. Thread-safe, also against other dispatchers on the same folder.
 */
@Singleton
final class LocalProcessBackend implements TrainingBackend {

    private static final String NAME = "local";

    /** How long a program's background processes may hold its output after it has ended. */
    private static final Duration DRAIN = Duration.ofSeconds(2);

    private static final Duration LAUNCH_LIMIT = Duration.ofSeconds(10);
    private static final Duration LOOK_AGAIN = Duration.ofMillis(2);
    private static final int LAST_LINES_BYTES = 64 * 1024;

    private final LocalConfig config;
    private final RunPreparation preparation;
    private final Path root;
    private final UUID site;

    @Inject
    LocalProcessBackend(LocalConfig config, RuntimeSettings settings) {
        this.config = config;
        this.root = config.folder().toAbsolutePath().normalize();
        this.preparation = new RunPreparation(config, settings);
        this.site = Site.of(root);
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Optional<UUID> site() {
        return Optional.of(site);
    }

    @Override
    public int maxRuns() {
        return config.maxRuns();
    }

    private RunFolder folder(RunKey key) {
        return new RunFolder(root.resolve(key.toString()));
    }

    @Override
    public ExternalRun submit(RunRequest request, Deadline deadline) {
        RunKey key = request.key();
        RunFolder folder = folder(key);
        Optional<ExternalRun> begun = find(key, deadline);
        if (begun.isPresent()) {
            return begun.get();
        }
        List<String> program = preparation.program(request, folder);
        try {
            folder.make();
            if (folder.isCancelled()) {
                throw new FailedPrecondition("run " + key + ": cancelled before it was begun");
            }
            preparation.fill(request, folder);
            Process launcher = Launcher.start(folder, program, preparation.settings(request, folder));
            return awaitLaunch(key, launcher, deadline.earlier(Deadline.after(LAUNCH_LIMIT)));
        } catch (FileSystemException e) {
            if (String.valueOf(e.getReason()).contains("No space left")) {
                throw new ResourceExhausted(
                        "disk of " + root + ": full (expected: room for a run)", Duration.ofMinutes(1));
            }
            throw new Unavailable("run " + key + ": cannot be begun: " + e);
        } catch (IOException e) {
            throw new Unavailable("run " + key + ": cannot be begun: " + e.getMessage()
                    + " (expected: the programs sh, setsid, nice and dd)");
        }
    }

    /** The launcher has described itself, or has ended since another one had before, or since the run was cancelled. */
    private ExternalRun awaitLaunch(RunKey key, Process launcher, Deadline deadline) {
        while (true) {
            boolean ended = !launcher.isAlive();
            Optional<ExternalRun> run = find(key, deadline);
            if (run.isPresent()) {
                return run.get();
            }
            if (ended && folder(key).isCancelled()) {
                throw new FailedPrecondition("run " + key + ": cancelled before it was begun");
            }
            if (ended) {
                throw new Unavailable("run " + key + ": its launcher ended with " + launcher.exitValue());
            }
            if (deadline.isExpired()) {
                throw new DeadlineExceeded("run " + key + ": not begun in time");
            }
            LockSupport.parkNanos(LOOK_AGAIN.toNanos());
        }
    }

    @Override
    public Optional<ExternalRun> find(RunKey key, Deadline deadline) {
        return folder(key).launched().map(process -> new ExternalRun(key, "pid " + process.pid()));
    }

    @Override
    public Observation observe(RunKey key, Deadline deadline) {
        RunFolder folder = folder(key);
        Optional<LaunchedProcess> launched = folder.launched();
        if (launched.isEmpty()) {
            return new Observation.Missing();
        }
        try {
            boolean sameBoot = launched.get().boot().equals(ProcessTable.boot());
            // The code first: a program that ends between the two looks is then found alive, and not taken for one that
            // was killed.
            Optional<Integer> code = folder.exitCode();
            List<ProcessTable.Entry> members =
                    sameBoot ? ProcessTable.members(key, launched) : List.<ProcessTable.Entry>of();
            if (code.isPresent()) {
                return exited(folder, code.get(), members);
            }
            boolean led = members.stream()
                    .anyMatch(member -> member.pid() == launched.get().pid());
            if (led) {
                return new Observation.Running();
            }
            code = folder.exitCode();
            if (code.isPresent()) {
                return exited(folder, code.get(), members);
            }
            if (!members.isEmpty()) {
                // Nobody would write down how it ends.
                members.forEach(LocalProcessBackend::kill);
                return new Observation.Running();
            }
            return new Observation.Ended(new EndReason(
                    EndReason.Kind.INFRASTRUCTURE,
                    sameBoot
                            ? "the process was killed (lack of memory, or somebody's signal)"
                            : "the machine was restarted while it ran"));
        } catch (IOException e) {
            throw new Unavailable("run " + key + ": " + e);
        }
    }

    private Observation exited(RunFolder folder, int code, List<ProcessTable.Entry> members) throws IOException {
        if (members.isEmpty()) {
            List<String> lines = new ArrayList<>();
            for (String stream : List.of(RunFolder.STDERR, RunFolder.STDOUT)) {
                lines.addAll(OutputFile.lastLines(folder.path().resolve(stream), LAST_LINES_BYTES));
            }
            return new Observation.Exited(code, lines);
        }
        if (folder.sinceExit().compareTo(DRAIN) > 0) {
            members.forEach(LocalProcessBackend::kill);
        }
        return new Observation.Running();
    }

    @Override
    public OutputPiece read(RunKey key, String cursor, Deadline deadline) {
        try {
            RunFolder folder = folder(key);
            return OutputFile.read(folder.path(), cursor, folder.exitCode().isPresent());
        } catch (IOException e) {
            throw new Unavailable("run " + key + ": its output cannot be read: " + e);
        }
    }

    @Override
    public void cancel(RunKey key, Deadline deadline) {
        RunFolder folder = folder(key);
        try {
            if (folder.launched().isEmpty()) {
                // It may be about to be begun; the mark is what stops it.
                folder.make();
            }
            Optional<LaunchedProcess> launched = folder.launched();
            if (launched.isPresent() && folder.exitCode().isPresent() && isOver(key, launched)) {
                return;
            }
            boolean first = folder.cancel();
            launched = folder.launched();
            boolean patient = first || folder.sinceCancelled().compareTo(config.grace()) < 0;
            for (ProcessTable.Entry member : members(key, launched)) {
                if (first) {
                    ProcessHandle.of(member.pid()).ifPresent(ProcessHandle::destroy);
                } else if (!patient) {
                    kill(member);
                }
            }
        } catch (IOException e) {
            throw new Unavailable("run " + key + ": cannot be cancelled: " + e);
        }
    }

    private static boolean isOver(RunKey key, Optional<LaunchedProcess> launched) throws IOException {
        return members(key, launched).isEmpty();
    }

    private static List<ProcessTable.Entry> members(RunKey key, Optional<LaunchedProcess> launched) throws IOException {
        String boot = ProcessTable.boot();
        return ProcessTable.members(
                key, launched.filter(process -> process.boot().equals(boot)));
    }

    private static void kill(ProcessTable.Entry member) {
        // The handle knows when its process began, and so never hits another that has got its number.
        ProcessHandle.of(member.pid())
                .filter(_ -> ProcessTable.entry(member.pid())
                        .filter(now -> now.startTicks() == member.startTicks())
                        .isPresent())
                .ifPresent(ProcessHandle::destroyForcibly);
    }

    @Override
    public Path output(RunKey key, Path scratch, Deadline deadline) {
        Path output = folder(key).output();
        if (!Files.isDirectory(output)) {
            throw new FailedPrecondition("run " + key + ": its output is not there any more");
        }
        return output;
    }

    @Override
    public void discard(RunKey key, Deadline deadline) {
        RunFolder folder = folder(key);
        try {
            Optional<LaunchedProcess> launched = folder.launched();
            if (folder.exists() && isOver(key, launched)) {
                folder.delete();
            }
        } catch (IOException e) {
            throw new Unavailable("run " + key + ": cannot be discarded: " + e);
        }
    }

    @Override
    public List<RunKey> runs(Deadline deadline) {
        List<RunKey> runs = new ArrayList<>();
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(root)) {
            for (Path folder : folders) {
                RunKey.parse(folder.getFileName().toString()).ifPresent(runs::add);
            }
        } catch (IOException e) {
            throw new Unavailable("folder " + root + ": " + e);
        }
        return runs;
    }
}
