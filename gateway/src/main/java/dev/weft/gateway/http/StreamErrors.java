package dev.weft.gateway.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.weft.kit.error.Failure;
import org.jboss.logging.Logger;

/** Failures that come after a response's first byte, when no status can tell of them any more. */
public final class StreamErrors {

    private static final Logger LOG = Logger.getLogger(StreamErrors.class);
    private static final ObjectMapper JSON = new ObjectMapper();

    private StreamErrors() {}

    /** OpenAI's error object, as JSON. */
    public static byte[] openAi(Failure failure) {
        if (failure instanceof Failure.Internal) {
            LOG.errorf(failure, "a streamed response failed");
        } else {
            // The message may repeat what the client sent, which is no business of an ordinary log.
            LOG.infof("a streamed response: %s", failure.getClass().getSimpleName());
            LOG.debugf("%s", failure.getMessage());
        }
        try {
            return JSON.writeValueAsBytes(ErrorForm.OPENAI.body(failure, HttpFailures.status(failure)));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }
}
