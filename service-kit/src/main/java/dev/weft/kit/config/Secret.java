package dev.weft.kit.config;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/** A password, key or token. It prints {@code ***}, so that it ends in no log and in no message. */
public final class Secret {

    private final String value;

    public Secret(String value) {
        this.value = value;
    }

    /** The secret itself, for the call that needs it. */
    public String value() {
        return value;
    }

    /** Whether somebody else's is the same, in a time that does not tell how much of it is. */
    public boolean matches(String other) {
        return MessageDigest.isEqual(value.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Secret secret && matches(secret.value);
    }

    @Override
    public int hashCode() {
        return value.hashCode();
    }

    @Override
    public String toString() {
        return "***";
    }
}
