package dev.weft.training.backend.local;

import java.util.Optional;

/**
 * The leader of a run's session, as it described itself before it started the program.
 *
 * @param pid of the process, which is the session's and the group's id too
 * @param startTicks when it started, in the kernel's clock ticks since the machine's start
 * @param boot which start of the machine that was
 */
record LaunchedProcess(long pid, long startTicks, String boot) {

    /** One of which nothing but its existence is known. */
    static final LaunchedProcess FORGOTTEN = new LaunchedProcess(0, 0, "");

    /** Reads a line of {@code /proc/PID/stat} and one of {@code /proc/sys/kernel/random/boot_id}. */
    static Optional<LaunchedProcess> parse(String text) {
        String[] lines = text.split("\n");
        if (lines.length < 2) {
            return Optional.empty();
        }
        return ProcessTable.Entry.parse(lines[0])
                .map(entry -> new LaunchedProcess(entry.pid(), entry.startTicks(), lines[1].strip()));
    }
}
