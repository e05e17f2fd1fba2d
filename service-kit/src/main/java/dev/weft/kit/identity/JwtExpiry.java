package dev.weft.kit.identity;

import io.vertx.core.json.DecodeException;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** When a JSON web token expires, as it says itself; whether it speaks the truth, its reviewer knows. */
final class JwtExpiry {

    private JwtExpiry() {}

    /** In ms since the epoch; the end of time for a token that does not say it. */
    static long millis(String token) {
        int first = token.indexOf('.');
        int second = token.indexOf('.', first + 1);
        if (first < 0 || second < 0) {
            return Long.MAX_VALUE;
        }
        try {
            byte[] claims = Base64.getUrlDecoder().decode(token.substring(first + 1, second));
            Object expiry = new JsonObject(new String(claims, StandardCharsets.UTF_8)).getValue("exp");
            return expiry instanceof Number seconds ? Math.multiplyExact(seconds.longValue(), 1_000L) : Long.MAX_VALUE;
        } catch (IllegalArgumentException | DecodeException | ArithmeticException _) {
            return Long.MAX_VALUE;
        }
    }
}
