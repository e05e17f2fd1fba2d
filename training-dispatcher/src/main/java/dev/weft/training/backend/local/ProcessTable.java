package dev.weft.training.backend.local;

import dev.weft.training.job.RunKey;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The processes of this machine, as {@code /proc} tells.
 *
 * @see <a href="https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html">proc_pid_stat(5)</a>
 */
final class ProcessTable {

    /** Marks the processes of a run: every descendant inherits it, those too that leave the session. */
    static final String MARK = "WEFT_RUN";

    private static final Path PROC = Path.of("/proc");
    private static final Path BOOT = Path.of("/proc/sys/kernel/random/boot_id");

    private ProcessTable() {}

    /**
     * A process.
     *
     * @param state one letter; Z for one that has ended and whose parent has not asked
     * @param session the id of the process that leads its session
     * @param startTicks since the machine's start
     */
    record Entry(long pid, char state, long session, long startTicks) {

        private static final int STATE = 0;
        private static final int SESSION = 3;
        private static final int START = 19;

        /** The program's name may hold anything, parentheses and spaces too: fields are counted from its last parenthesis on. */
        static Optional<Entry> parse(String line) {
            int open = line.indexOf('(');
            int close = line.lastIndexOf(')');
            if (open < 1 || close < open) {
                return Optional.empty();
            }
            String[] fields = line.substring(close + 1).strip().split(" ");
            if (fields.length <= START || fields[STATE].length() != 1) {
                return Optional.empty();
            }
            try {
                return Optional.of(new Entry(
                        Long.parseLong(line.substring(0, open).strip()),
                        fields[STATE].charAt(0),
                        Long.parseLong(fields[SESSION]),
                        Long.parseLong(fields[START])));
            } catch (NumberFormatException _) {
                return Optional.empty();
            }
        }

        boolean isAlive() {
            return state != 'Z' && state != 'X';
        }
    }

    /** Which start of the machine this is. */
    static String boot() throws IOException {
        return Files.readString(BOOT).strip();
    }

    static Optional<Entry> entry(long pid) {
        return read(PROC.resolve(Long.toString(pid)).resolve("stat")).flatMap(Entry::parse);
    }

    /**
     * The living processes of a run. A session's id is not given away again while any process of the session lives. So if the leader's number belongs
     * to a process with another start time, the whole session has ended, and the session of that number is somebody else's.
     */
    static List<Entry> members(RunKey key, Optional<LaunchedProcess> leader) throws IOException {
        Optional<Entry> now = leader.flatMap(process -> entry(process.pid()));
        boolean reused = leader.isPresent()
                && now.isPresent()
                && now.get().startTicks() != leader.get().startTicks();
        List<Entry> members = new ArrayList<>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(PROC, "[0-9]*")) {
            for (Path process : processes) {
                Optional<Entry> entry =
                        read(process.resolve("stat")).flatMap(Entry::parse).filter(Entry::isAlive);
                if (entry.isEmpty()) {
                    continue;
                }
                boolean inSession = leader.isPresent()
                        && !reused
                        && entry.get().session() == leader.get().pid();
                if (inSession || isMarked(process, key)) {
                    members.add(entry.get());
                }
            }
        }
        return members;
    }

    /** Only what a process was started with can be seen, which is what is wanted. */
    private static boolean isMarked(Path process, RunKey key) {
        String mark = MARK + "=" + key;
        return read(process.resolve("environ"))
                .filter(text -> text.startsWith(mark + "\0") || text.contains("\0" + mark + "\0"))
                .isPresent();
    }

    private static Optional<String> read(Path file) {
        try {
            return Optional.of(Files.readString(file, StandardCharsets.ISO_8859_1));
        } catch (IOException _) {
            // It has ended meanwhile, or is another user's.
            return Optional.empty();
        }
    }
}
