package dev.weft.gateway.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.weft.kit.error.Failure;
import io.quarkus.runtime.annotations.RegisterForReflection;
import org.jspecify.annotations.Nullable;

/** How a protocol's clients expect an error's body; the path tells the protocol. */
enum ErrorForm {
    /** OpenAI's error object. */
    OPENAI("application/json") {
        @Override
        Object body(Failure failure, int status) {
            return new OpenAiError(new OpenAiError.Detail(failure.getMessage(), type(failure), null, code(failure)));
        }
    },
    /** The Open Inference Protocol's error object. */
    OPEN_INFERENCE("application/json") {
        @Override
        Object body(Failure failure, int status) {
            return new OpenInferenceError(failure.getMessage());
        }
    },
    /** RFC 9457. */
    PROBLEM("application/problem+json") {
        @Override
        Object body(Failure failure, int status) {
            return new Problem("about:blank", failure.getClass().getSimpleName(), status, failure.getMessage());
        }
    };

    private final String contentType;

    ErrorForm(String contentType) {
        this.contentType = contentType;
    }

    String contentType() {
        return contentType;
    }

    /** An object that Jackson writes. */
    abstract Object body(Failure failure, int status);

    /** The form of that path's protocol; null for paths that are none of ours. */
    static @Nullable ErrorForm of(String path) {
        if (path.startsWith("/v1/")) {
            return OPENAI;
        }
        if (path.equals("/v2") || path.startsWith("/v2/")) {
            return OPEN_INFERENCE;
        }
        return path.startsWith("/api/") ? PROBLEM : null;
    }

    private static String type(Failure failure) {
        return switch (failure) {
            case Failure.InvalidArgument _,
                    Failure.TooLarge _,
                    Failure.NotFound _,
                    Failure.FailedPrecondition _,
                    Failure.Unimplemented _ -> "invalid_request_error";
            case Failure.ResourceExhausted _ -> "rate_limit_error";
            case Failure.DeadlineExceeded _, Failure.Cancelled _, Failure.Unavailable _, Failure.Internal _ ->
                "server_error";
        };
    }

    private static @Nullable String code(Failure failure) {
        return switch (failure) {
            case Failure.NotFound _ -> "model_not_found";
            case Failure.ResourceExhausted _ -> "rate_limit_exceeded";
            case Failure.DeadlineExceeded _ -> "timeout";
            case Failure.InvalidArgument _,
                    Failure.TooLarge _,
                    Failure.FailedPrecondition _,
                    Failure.Unimplemented _,
                    Failure.Cancelled _,
                    Failure.Unavailable _,
                    Failure.Internal _ -> null;
        };
    }

    @RegisterForReflection
    record OpenAiError(Detail error) {
        @RegisterForReflection
        @JsonInclude(JsonInclude.Include.ALWAYS)
        record Detail(
                String message,
                String type,
                @Nullable String param,
                @Nullable String code) {}
    }

    @RegisterForReflection
    record OpenInferenceError(String error) {}

    @RegisterForReflection
    record Problem(String type, String title, int status, String detail) {}
}
