package dev.weft.gateway.keys;

import dev.weft.kit.config.Secret;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import org.jspecify.annotations.Nullable;

/**
 * What a client holds: {@code weft_ID_SECRET}, the id of 80 random bits, the secret of 200, both in Base32's small letters and digits, so that a
 * double click takes all of it. A hash without salt and rounds is enough for what nobody can guess.
 */
final class KeyText {

    static final String PREFIX = "weft_";

    private static final String ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
    private static final int ID_LENGTH = 16;
    private static final int SECRET_LENGTH = 40;
    private static final int LENGTH = PREFIX.length() + ID_LENGTH + 1 + SECRET_LENGTH;

    private KeyText() {}

    /** A new one. */
    static Secret random(SecureRandom random) {
        StringBuilder text = new StringBuilder(LENGTH).append(PREFIX);
        append(random, ID_LENGTH, text);
        append(random, SECRET_LENGTH, text.append('_'));
        return new Secret(text.toString());
    }

    private static void append(SecureRandom random, int length, StringBuilder text) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        for (byte b : bytes) {
            text.append(ALPHABET.charAt(b & 31));
        }
    }

    /** The id in it; null when it has another form. */
    static @Nullable String id(String text) {
        int end = PREFIX.length() + ID_LENGTH;
        return text.length() == LENGTH && text.startsWith(PREFIX) && text.charAt(end) == '_'
                ? text.substring(PREFIX.length(), end)
                : null;
    }

    /** SHA-256 of all of it. */
    static byte[] hash(String text) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
