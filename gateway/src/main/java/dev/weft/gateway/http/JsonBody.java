package dev.weft.gateway.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.InvalidArgument;
import java.io.IOException;
import java.util.stream.Collectors;

/** Reads bodies that are JSON objects of a known form. A field that the form does not have is an error, unless the form ignores such. */
public final class JsonBody {

    private static final ObjectMapper JSON = JsonMapper.builder().build();

    private JsonBody() {}

    /**
     * The request that the body is.
     *
     * @throws InvalidArgument naming the field that does not fit
     */
    public static <T> T parse(byte[] body, Class<T> type) {
        try {
            T request = JSON.readValue(body, type);
            if (request == null) {
                throw new InvalidArgument("body: null (expected: a JSON object)");
            }
            return request;
        } catch (UnrecognizedPropertyException e) {
            throw new InvalidArgument(field(e) + ": unknown (expected: one of "
                    + e.getKnownPropertyIds().stream()
                            .map(String::valueOf)
                            .sorted()
                            .toList() + ")");
        } catch (JsonMappingException e) {
            // What a record's own constructor says about its values.
            if (e.getCause() instanceof Failure failure) {
                throw failure;
            }
            String field = field(e);
            throw new InvalidArgument((field.isEmpty() ? "body" : field) + ": " + e.getOriginalMessage());
        } catch (JsonProcessingException e) {
            throw new InvalidArgument("body: malformed JSON: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw new InvalidArgument("body: " + e.getMessage());
        }
    }

    private static String field(JsonMappingException e) {
        return e.getPath().stream()
                .map(reference ->
                        reference.getFieldName() != null ? reference.getFieldName() : "[" + reference.getIndex() + "]")
                .collect(Collectors.joining("."));
    }
}
