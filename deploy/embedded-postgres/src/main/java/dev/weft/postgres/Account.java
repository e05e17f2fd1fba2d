package dev.weft.postgres;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Whose rights PostgreSQL's programs get. They refuse to be run by root. */
sealed interface Account {

    /** Ours, which is not root's. */
    record Own() implements Account {}

    /**
     * Root's files and none of its powers: in a user namespace without a mapping the kernel shows every user as nobody. Data may lie where only
     * root can go.
     */
    record UserNamespace() implements Account {}

    /**
     * Another user's, where namespaces are not allowed, as in most containers.
     *
     * @param uid its number
     */
    record Other(int uid) implements Account {}

    /** What stands before the command. */
    default List<String> prefix() {
        return switch (this) {
            case Own _ -> List.of();
            case UserNamespace _ -> List.of("unshare", "--user");
            case Other(int uid) -> List.of("setpriv", "--reuid=" + uid, "--regid=" + uid, "--clear-groups");
        };
    }

    /** Makes a file or folder of ours the account's. */
    default void give(Path path) throws IOException {
        if (this instanceof Other(int uid)) {
            Files.setAttribute(path, "unix:uid", uid);
            Files.setAttribute(path, "unix:gid", uid);
        }
    }

    /**
     * The account that can run PostgreSQL on that data folder: the folder's owner, where it exists.
     *
     * @throws PostgresFailure when this process is root's and can become nobody else
     */
    static Account of(Path data) {
        if (!isRoot()) {
            return new Own();
        }
        int owner = owner(data);
        if (owner == 0 && works(new UserNamespace())) {
            return new UserNamespace();
        }
        Account other = new Other(owner == 0 ? NOBODY : owner);
        if (works(other)) {
            return other;
        }
        throw new PostgresFailure(
                "PostgreSQL refuses to be run by root, and this root cannot become anybody else (tried: "
                        + "unshare --user, setpriv): run Weft as another user, or set QUARKUS_DATASOURCE_JDBC_URL, _USERNAME and _PASSWORD"
                        + " to use a server of yours");
    }

    /** What Linux shows for a user that has no number; every distribution has it as nobody. */
    int NOBODY = 65534;

    private static boolean isRoot() {
        return Command.run(List.of("id", "-u"), Duration.ofSeconds(10)).output().equals("0");
    }

    private static int owner(Path data) {
        try {
            return Files.exists(data) ? (int) Files.getAttribute(data, "unix:uid") : 0;
        } catch (IOException e) {
            throw new PostgresFailure(data + " cannot be read: " + e.getMessage());
        }
    }

    private static boolean works(Account account) {
        List<String> command = new ArrayList<>(account.prefix());
        command.add("true");
        try {
            return Command.run(command, Duration.ofSeconds(10)).status() == 0;
        } catch (PostgresFailure _) {
            return false; // there is no such program
        }
    }
}
