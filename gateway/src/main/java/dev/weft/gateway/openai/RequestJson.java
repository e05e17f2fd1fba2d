package dev.weft.gateway.openai;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.weft.kit.error.Failure.InvalidArgument;
import java.io.IOException;
import java.util.stream.Collectors;

/** Reads the bodies of OpenAI's requests. */
final class RequestJson {

    private static final ObjectMapper JSON = JsonMapper.builder().build();

    private RequestJson() {}

    /**
     * The request that the body is.
     *
     * @throws InvalidArgument naming the field that does not fit
     */
    static <T> T parse(byte[] body, Class<T> type) {
        try {
            T request = JSON.readValue(body, type);
            if (request == null) {
                throw new InvalidArgument("body: null (expected: a JSON object)");
            }
            return request;
        } catch (JsonMappingException e) {
            String field = e.getPath().stream()
                    .map(reference -> String.valueOf(reference.getFieldName()))
                    .collect(Collectors.joining("."));
            throw new InvalidArgument((field.isEmpty() ? "body" : field) + ": " + e.getOriginalMessage());
        } catch (JsonProcessingException e) {
            throw new InvalidArgument("body: malformed JSON: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw new InvalidArgument("body: " + e.getMessage());
        }
    }
}
