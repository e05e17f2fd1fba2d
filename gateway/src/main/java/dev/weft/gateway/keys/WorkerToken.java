package dev.weft.gateway.keys;

import dev.weft.kit.error.Failure.Unauthenticated;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a machine shows that pulls training runs. It is no key: it opens the worker's door and nothing else, and training-dispatcher, which has made it, says
 * whose it is and which runs are his. The gateway looks at its form only, so that nothing is read of a request that shows none.
 */
public final class WorkerToken {

    private static final String BEARER = "Bearer ";

    /** As training-dispatcher makes them: 32 random bytes in base64url. */
    private static final Pattern FORM = Pattern.compile("wtw_[A-Za-z0-9_-]{43}");

    private WorkerToken() {}

    /**
     * The token that came along.
     *
     * @param authorization the header of that name
     * @throws Unauthenticated when there is none, or something else
     */
    public static String of(@Nullable String authorization) {
        String text = authorization != null && authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())
                ? authorization.substring(BEARER.length()).strip()
                : "";
        if (!FORM.matcher(text).matches()) {
            throw new Unauthenticated("token: " + (text.isEmpty() ? "missing" : "another form")
                    + " (expected: the header Authorization: Bearer and a worker's token, which begins with wtw_)");
        }
        return text;
    }
}
