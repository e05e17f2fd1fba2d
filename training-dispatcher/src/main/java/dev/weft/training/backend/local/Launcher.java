package dev.weft.training.backend.local;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Starts a run's program under a small launcher, in a session of its own. */
final class Launcher {

    /**
     * What leads the session. It describes itself before anything else: if the dispatcher dies between starting it and looking at it, the next one
     * finds it by its file. Of two launchers of one run, the link lets one go on. Whoever cancels writes his mark before he looks for the file, and
     * this looks for the mark after it has made the file: one of the two sees the other.
     *
     * <p>The output passes through pipes so that it ends at its limit and the program does not: dd copies each piece when it comes, and then cat
     * swallows the rest. The watchdog ends a run whose dispatchers never come back. A limit on private memory counts what the program has asked for
     * and may write, unlike one on the address space, which a Java or a CUDA reserves in gigabytes.
     *
     * <p>Arguments: KiB of memory or 0, seconds, bytes of output, niceness, then the program and its own arguments, which no shell reads.
     */
    private static final String SCRIPT = """
            umask 077
            { cat "/proc/$$/stat" /proc/sys/kernel/random/boot_id > "pid.$$" && ln "pid.$$" pid; } 2> /dev/null
            begun=$?
            rm -f "pid.$$"
            [ "$begun" -eq 0 ] || exit 125
            [ ! -e cancelled ] || exit 126
            memory=$1 seconds=$2 bytes=$3 nice=$4
            shift 4
            rm -f out err
            mkfifo out err || exit 125
            # Written as it comes, up to the limit in blocks of 512 bytes; dd counts what comes in pieces as whole blocks, and head holds it back.
            keep() { (ulimit -c 0; ulimit -f $(((bytes + 511) / 512)); exec cat); cat > /dev/null; }
            keep < out > stdout 2> /dev/null &
            out=$!
            keep < err > stderr 2> /dev/null &
            err=$!
            (
                sleeper=
                trap '[ -z "$sleeper" ] || kill "$sleeper"; exit 0' TERM
                sleep "$seconds" &
                sleeper=$!
                wait "$sleeper"
                kill -s KILL -- "-$$"
            ) < /dev/null > /dev/null 2>&1 &
            watchdog=$!
            (
                ulimit -c 0
                [ "$memory" -eq 0 ] || ulimit -d "$memory"
                cd job || exit 125
                exec nice -n "$nice" "$@"
            ) < /dev/null > out 2> err &
            program=$!
            trap : TERM INT HUP
            wait "$program"
            code=$?
            while kill -0 "$program" 2> /dev/null; do
                wait "$program"
                code=$?
            done
            # Who sees the end reads the output: its last lines first, but for what a child that stays behind may still write.
            tries=0
            while [ "$tries" -lt 50 ] && { kill -0 "$out" || kill -0 "$err"; } 2> /dev/null; do
                sleep 0.1
                tries=$((tries + 1))
            done
            echo "$code" > exit.new && mv exit.new exit
            kill "$watchdog" 2> /dev/null
            wait "$out" "$err"
            """;

    private Launcher() {}

    /**
     * How a run is started.
     *
     * @param environment all that it sees
     * @param memoryKib 0 for no limit
     */
    record Settings(Map<String, String> environment, long memoryKib, Duration watchdog, long outputBytes, int nice) {}

    /** Starts the launcher; it is no child that anybody has to wait for. */
    static Process start(RunFolder folder, List<String> program, Settings settings) throws IOException {
        List<String> command = new ArrayList<>(List.of("setsid", "sh", "-c", SCRIPT, "weft-run"));
        command.add(Long.toString(settings.memoryKib()));
        command.add(Long.toString(Math.max(1, settings.watchdog().toSeconds())));
        command.add(Long.toString(settings.outputBytes()));
        command.add(Integer.toString(settings.nice()));
        command.addAll(program);
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.path().toFile())
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.appendTo(
                        folder.path().resolve("launcher.log").toFile()));
        builder.environment().clear();
        builder.environment().putAll(settings.environment());
        return builder.start();
    }
}
