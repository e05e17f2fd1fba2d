package dev.weft.gateway.keys;

import dev.weft.kit.config.Secret;
import dev.weft.kit.identity.AllowedModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Optional;
import java.util.Set;

/** The key of the configuration, which may do everything. */
final class AdminKey {

    private static final int SHORTEST = 24;

    /** Its caller's id, as usage has it; no stored key has one of this form. */
    private static final String ID = "admin-key";

    private static final Credential CREDENTIAL =
            new Credential(new Caller(ID, ID, Set.of(Scope.ADMIN), AllowedModels.ALL), KeyLimits.NONE);

    private final byte[] hash;

    private AdminKey(Secret key) {
        this.hash = KeyText.hash(key.value());
    }

    /**
     * The one of the configuration.
     *
     * @throws IllegalStateException when it is too short, or its file cannot be read
     */
    static Optional<AdminKey> of(KeysConfig config) {
        if (config.adminKey().isPresent() && config.adminKeyFile().isPresent()) {
            throw new IllegalStateException(
                    "weft.gateway.keys.admin-key: set, and admin-key-file too (expected: one of the two)");
        }
        return config.adminKeyFile().map(AdminKey::read).or(config::adminKey).map(key -> checked(key));
    }

    private static AdminKey checked(Secret key) {
        int length = key.value().length();
        if (length < SHORTEST) {
            throw new IllegalStateException("weft.gateway.keys.admin-key: " + length
                    + " characters (expected: at least " + SHORTEST + "; openssl rand -hex 32 makes a good one)");
        }
        return new AdminKey(key);
    }

    private static Secret read(Path file) {
        try {
            return new Secret(Files.readString(file).strip());
        } catch (IOException e) {
            throw new IllegalStateException("weft.gateway.keys.admin-key-file: " + file + " cannot be read: " + e);
        }
    }

    boolean matches(String text) {
        return MessageDigest.isEqual(hash, KeyText.hash(text));
    }

    Credential credential() {
        return CREDENTIAL;
    }
}
