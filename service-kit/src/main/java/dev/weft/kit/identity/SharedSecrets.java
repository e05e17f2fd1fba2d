package dev.weft.kit.identity;

import dev.weft.kit.config.Secret;
import java.util.List;

/** The secret that all services have; during a change of it there are several. */
final class SharedSecrets {

    private static final int SHORTEST = 16;
    private static final int LONGEST = 512;

    /** Each of them costs every call a comparison. */
    private static final int MOST = 8;

    private final String[] accepted;
    private final String authorization;

    /**
     * Takes them over.
     *
     * @param source for the message: where they stand
     * @throws IllegalArgumentException when there is none, or one that is none
     */
    SharedSecrets(String source, List<Secret> secrets) {
        if (secrets.isEmpty() || secrets.size() > MOST) {
            throw new IllegalArgumentException(
                    source + ": " + secrets.size() + " secrets (expected: 1 to " + MOST + ")");
        }
        accepted = secrets.stream().map(Secret::value).toArray(String[]::new);
        for (int i = 0; i < accepted.length; i++) {
            int length = accepted[i].length();
            if (length < SHORTEST || length > LONGEST || !accepted[i].chars().allMatch(c -> c > ' ' && c <= '~')) {
                throw new IllegalArgumentException(source + ": secret " + (i + 1) + " of " + accepted.length + " has "
                        + length + " characters (expected: " + SHORTEST + " to " + LONGEST
                        + " printable characters of ASCII without spaces; 'openssl rand -hex 32' makes one)");
            }
        }
        authorization = TokenVerifier.BEARER + accepted[0];
    }

    /** Reads a file's text, one secret a line. */
    static SharedSecrets parse(String source, String text) {
        return new SharedSecrets(
                source,
                text.lines()
                        .map(String::strip)
                        .filter(line -> !line.isEmpty())
                        .map(Secret::new)
                        .toList());
    }

    /** The header by which a service shows that it has them. */
    String authorization() {
        return authorization;
    }

    /** Whether what follows {@code from} is one of them, in a time that does not tell how much of it is right. */
    boolean accepts(String shown, int from) {
        boolean known = false;
        for (String secret : accepted) {
            known |= equal(secret, shown, from);
        }
        return known;
    }

    /** Takes as long for every text, whatever of it is right and whatever its length, and allocates nothing. */
    private static boolean equal(String secret, String shown, int from) {
        int length = secret.length();
        boolean comparable = shown.length() - from == length;
        String other = comparable ? shown : secret;
        int offset = comparable ? from : 0;
        int difference = 0;
        for (int i = 0; i < length; i++) {
            difference |= secret.charAt(i) ^ other.charAt(offset + i);
        }
        return comparable && difference == 0;
    }
}
