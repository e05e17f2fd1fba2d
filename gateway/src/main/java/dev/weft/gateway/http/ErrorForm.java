package dev.weft.gateway.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.weft.kit.error.Failure;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** How a protocol's clients expect an error's body; the path tells the protocol. */
enum ErrorForm {
    /** OpenAI's error object, where what is not found is a model. */
    OPENAI("application/json") {
        @Override
        Object body(Failure failure, int status) {
            return openAi(failure, failure instanceof Failure.NotFound ? MODEL_NOT_FOUND : code(failure));
        }
    },
    /** OpenAI's error object, where what is not found is a file, a batch or a job, for which OpenAI has no code, unless it is the field {@code model}. */
    OPENAI_RECORDS("application/json") {
        @Override
        Object body(Failure failure, int status) {
            return openAi(failure, "model".equals(param(failure)) ? MODEL_NOT_FOUND : code(failure));
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

    private static final String MODEL_NOT_FOUND = "model_not_found";
    private static final String SPENT = "insufficient_quota";
    private static final List<String> RECORDS = List.of("/v1/files", "/v1/batches", "/v1/fine_tuning");

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
            return RECORDS.stream().anyMatch(path::startsWith) ? OPENAI_RECORDS : OPENAI;
        }
        if (path.equals("/v2") || path.startsWith("/v2/")) {
            return OPEN_INFERENCE;
        }
        return path.startsWith("/api/") ? PROBLEM : null;
    }

    private static OpenAiError openAi(Failure failure, @Nullable String code) {
        return new OpenAiError(new OpenAiError.Detail(failure.getMessage(), type(failure), param(failure), code));
    }

    private static @Nullable String param(Failure failure) {
        return failure instanceof Failure.NotFound missing && !missing.field().isEmpty() ? missing.field() : null;
    }

    private static String type(Failure failure) {
        return switch (failure) {
            case Failure.Unauthenticated _ -> "authentication_error";
            case Failure.PermissionDenied _ -> "permission_error";
            case Failure.InvalidArgument _,
                    Failure.TooLarge _,
                    Failure.NotFound _,
                    Failure.AlreadyExists _,
                    Failure.Aborted _,
                    Failure.FailedPrecondition _,
                    Failure.Unimplemented _ -> "invalid_request_error";
            case Failure.ResourceExhausted exhausted -> exhausted.isSpent() ? SPENT : "rate_limit_error";
            case Failure.DeadlineExceeded _, Failure.Cancelled _, Failure.Unavailable _, Failure.Internal _ ->
                "server_error";
        };
    }

    private static @Nullable String code(Failure failure) {
        return switch (failure) {
            case Failure.Unauthenticated _ -> "invalid_api_key";
            case Failure.PermissionDenied _ -> "permission_denied";
            case Failure.ResourceExhausted exhausted -> exhausted.isSpent() ? SPENT : "rate_limit_exceeded";
            case Failure.DeadlineExceeded _ -> "timeout";
            case Failure.InvalidArgument _,
                    Failure.TooLarge _,
                    Failure.NotFound _,
                    Failure.AlreadyExists _,
                    Failure.Aborted _,
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
