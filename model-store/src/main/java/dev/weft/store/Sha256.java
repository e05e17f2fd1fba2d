package dev.weft.store;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256, as every Java has it. */
public final class Sha256 {

    private Sha256() {}

    /** A new computation. */
    public static MessageDigest start() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The digest, in lower-case hexadecimal digits; the computation starts anew. */
    public static String end(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest());
    }

    /** The digest of these bytes. */
    public static String of(byte[] bytes) {
        return end(updated(bytes));
    }

    private static MessageDigest updated(byte[] bytes) {
        MessageDigest digest = start();
        digest.update(bytes);
        return digest;
    }
}
