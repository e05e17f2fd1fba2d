package dev.weft.postgres;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A PostgreSQL server on one data folder, listening on loopback. It is a process of its own session: neither Ctrl-C nor the end of the
 * process that started it reaches it. Keeps no state but the folder's, so that any process may stop what another one started.
 */
public final class PostgresServer {

    /** The role that may do everything; services have roles of their own. */
    public static final String SUPERUSER = "weft_admin";

    private static final Duration INITIALISE_LIMIT = Duration.ofMinutes(2);
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Pattern SETTING = Pattern.compile("[A-Za-z0-9_.]*");
    private static final String ORPHANS = "pre-existing shared memory block";

    /** A server for one machine's services: little memory, as many connections as a few replicas use, processes only for work. */
    private static final Map<String, String> SETTINGS = Map.of(
            "listen_addresses", "127.0.0.1",
            "unix_socket_directories", "",
            "shared_buffers", "32MB",
            "max_connections", "100",
            "io_method", "sync",
            "jit", "off",
            "wal_level", "minimal",
            "max_wal_senders", "0");

    private final PostgresBinaries binaries;
    private final Path data;

    /**
     * A server that may or may not run.
     *
     * @param data its data folder, which need not exist
     */
    public PostgresServer(PostgresBinaries binaries, Path data) {
        this.binaries = binaries;
        this.data = data.toAbsolutePath().normalize();
    }

    /** True when the data folder has been made. */
    public boolean isInitialised() {
        return Files.exists(data.resolve("PG_VERSION"));
    }

    /**
     * Makes the data folder; it appears by one rename, when it is complete.
     *
     * @param password of {@link #SUPERUSER}
     * @throws PostgresFailure with what initdb said
     */
    public void initialise(String password) {
        Account account = Account.of(data);
        Path work = data.resolveSibling(data.getFileName() + ".new");
        try {
            PostgresBinaries.delete(work);
            Files.createDirectories(work);
            account.give(work);
            Path secret = Files.createTempFile(data.resolveSibling("."), "initdb", "");
            try {
                Files.writeString(secret, password);
                account.give(secret);
                Command.Outcome outcome = run(
                        account,
                        INITIALISE_LIMIT,
                        "initdb",
                        "--pgdata=" + work,
                        "--username=" + SUPERUSER,
                        "--pwfile=" + secret,
                        "--auth=scram-sha-256",
                        "--encoding=UTF8",
                        "--locale-provider=builtin",
                        "--locale=C.UTF-8",
                        "--no-instructions");
                if (outcome.status() != 0) {
                    throw new PostgresFailure("initdb failed: " + outcome.output());
                }
            } finally {
                Files.delete(secret);
            }
            Files.move(work, data);
        } catch (IOException e) {
            throw new PostgresFailure(data + " cannot be made: " + e.getMessage());
        }
    }

    /**
     * Starts the server and waits until it takes connections.
     *
     * @param log gets what the server says; emptied first
     * @param settings of postgresql.conf that are to differ
     * @return the id of its process
     * @throws PostgresFailure saying what is in the way: another version's data, a server that runs already, or the end of the log
     */
    public long start(int port, Path log, Map<String, String> settings, Duration limit) {
        requireVersion();
        clearStalePid();
        Account account = Account.of(data);
        List<String> command = List.of(
                "start",
                "--pgdata=" + data,
                "--log=" + log,
                "--wait",
                "--timeout=" + limit.toSeconds(),
                "--options=" + options(port, settings));
        long end = System.nanoTime() + limit.toNanos();
        while (true) {
            empty(account, log);
            Command.Outcome outcome = run(account, limit.plusSeconds(5), "pg_ctl", command.toArray(String[]::new));
            if (outcome.status() == 0) {
                return pid().orElseThrow(() -> new PostgresFailure("PostgreSQL has ended; see " + log));
            }
            // A server that was killed leaves processes that notice within moments.
            if (System.nanoTime() > end || !tail(log).contains(ORPHANS)) {
                stop(limit); // it may be slow rather than dead
                throw new PostgresFailure(
                        "PostgreSQL does not start on " + data + ": " + outcome.output() + "\n" + tail(log));
            }
            LockSupport.parkNanos(POLL.toNanos());
        }
    }

    private static String options(int port, Map<String, String> settings) {
        Map<String, String> all = new TreeMap<>(SETTINGS);
        all.putAll(settings);
        all.put("port", Integer.toString(port));
        // pg_ctl gives them to a shell.
        return all.entrySet().stream()
                .map(setting -> {
                    if (!SETTING.matcher(setting.getKey() + setting.getValue()).matches()) {
                        throw new IllegalArgumentException("setting: " + setting + " (expected: letters and digits)");
                    }
                    return "-c " + setting.getKey() + "='" + setting.getValue() + "'";
                })
                .collect(Collectors.joining(" "));
    }

    private static void empty(Account account, Path log) {
        try {
            Files.deleteIfExists(log);
            Files.createFile(log, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            account.give(log);
        } catch (IOException e) {
            throw new PostgresFailure(log + " cannot be written: " + e.getMessage());
        }
    }

    private void requireVersion() {
        String found = read(data.resolve("PG_VERSION")).strip();
        if (!found.equals(binaries.major())) {
            throw new PostgresFailure(
                    data + " was written by PostgreSQL " + found + ", and this is PostgreSQL " + binaries.major()
                            + ", which cannot read it: dump it with that version, or move the folder away to start anew");
        }
    }

    /**
     * Removes what a killed server has left. PostgreSQL does so itself, but not when another program has got the dead server's process id
     * meanwhile, as after every restart of a container.
     */
    private void clearStalePid() {
        pid().ifPresent(pid -> {
            if (isServer(pid)) {
                throw new PostgresFailure("PostgreSQL (process " + pid + ") runs already on " + data);
            }
            try {
                Files.deleteIfExists(data.resolve("postmaster.pid"));
            } catch (IOException e) {
                throw new PostgresFailure(data + " cannot be changed: " + e.getMessage());
            }
        });
    }

    /** True unless the process is known to be none, or none of PostgreSQL's: in doubt the folder is in use. */
    private static boolean isServer(long pid) {
        return ProcessHandle.of(pid)
                .filter(ProcessHandle::isAlive)
                .filter(_ -> !isZombie(pid))
                .map(process -> process.info()
                        .command()
                        .map(program -> Path.of(program).endsWith("postgres"))
                        .orElse(true))
                .orElse(false);
    }

    /** True when the process has ended and waits for its parent to notice; only Linux tells. */
    private static boolean isZombie(long pid) {
        try {
            String status = Files.readString(Path.of("/proc/" + pid + "/stat"));
            return status.startsWith(" Z", status.lastIndexOf(')') + 1);
        } catch (IOException _) {
            return false;
        }
    }

    /** True while the server runs. */
    public boolean isRunning() {
        OptionalLong pid = pid();
        return pid.isPresent() && isServer(pid.getAsLong());
    }

    /** The process that the data folder names; empty when the server was stopped or never started. */
    public OptionalLong pid() {
        Path file = data.resolve("postmaster.pid");
        try (Stream<String> lines = Files.lines(file)) {
            return lines.limit(1)
                    .mapToLong(line -> Long.parseLong(line.strip()))
                    .findFirst();
        } catch (java.nio.file.NoSuchFileException _) {
            return OptionalLong.empty();
        } catch (IOException e) {
            throw new PostgresFailure(file + " cannot be read: " + e.getMessage());
        }
    }

    /**
     * Stops the server: its clients are disconnected, what was committed stays. Does nothing when it does not run.
     *
     * @throws PostgresFailure when it has not ended within the limit
     */
    public void stop(Duration limit) {
        if (!isRunning()) {
            return;
        }
        Command.Outcome outcome = run(
                Account.of(data),
                limit.plusSeconds(5),
                "pg_ctl",
                "stop",
                "--pgdata=" + data,
                "--mode=fast",
                "--wait",
                "--timeout=" + limit.toSeconds());
        if (outcome.status() != 0 && isRunning()) {
            throw new PostgresFailure("PostgreSQL does not end: " + outcome.output());
        }
    }

    /**
     * Deletes the data folder.
     *
     * @throws PostgresFailure while the server runs
     */
    public void delete() {
        if (isRunning()) {
            throw new PostgresFailure("PostgreSQL runs on " + data);
        }
        try {
            PostgresBinaries.delete(data);
        } catch (IOException e) {
            throw new PostgresFailure(data + " cannot be deleted: " + e.getMessage());
        }
    }

    private Command.Outcome run(Account account, Duration limit, String program, String... arguments) {
        List<String> command = new ArrayList<>(account.prefix());
        command.add(binaries.program(program));
        command.addAll(List.of(arguments));
        return Command.run(command, limit);
    }

    private static String tail(Path log) {
        List<String> lines = read(log).lines().toList();
        return String.join("\n", lines.subList(Math.max(0, lines.size() - 10), lines.size()));
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new PostgresFailure(file + " cannot be read: " + e.getMessage());
        }
    }
}
