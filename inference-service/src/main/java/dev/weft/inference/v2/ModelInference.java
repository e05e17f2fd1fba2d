package dev.weft.inference.v2;

import dev.weft.inference.lifecycle.Answer;
import dev.weft.inference.lifecycle.EngineConfig;
import dev.weft.inference.lifecycle.ModelRegistry;
import dev.weft.kit.rpc.DeadlineServerInterceptor;
import dev.weft.kit.time.Deadline;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelInferResponse;
import jakarta.inject.Singleton;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** Asks the registry's models in the protocol's messages. Stateless. */
@Singleton
class ModelInference {

    private final ModelRegistry registry;
    private final EngineConfig config;

    ModelInference(ModelRegistry registry, EngineConfig config) {
        this.registry = registry;
        this.config = config;
    }

    /** The deadline of a request that arrives now: the caller's, or the configured one. */
    Deadline deadline() {
        Deadline callers = DeadlineServerInterceptor.CONTEXT.get();
        return callers == null ? Deadline.after(config.defaultTimeout()) : callers;
    }

    /** The whole answer, when there is one; returns at once. */
    CompletableFuture<Answer> infer(ModelInferRequest request) {
        Deadline deadline = deadline();
        String priority = PriorityServerInterceptor.CONTEXT.get();
        return registry.infer(
                request.getModelName(),
                request.getModelVersion(),
                () -> RequestDecoder.decode(request, deadline, priority),
                request.getSerializedSize());
    }

    /** The answer in pieces, as soon as there is each; the last says that it is the last. Blocks until then. */
    void stream(ModelInferRequest request, Deadline deadline, Consumer<ModelInferResponse> pieces) {
        EffortTally effort = EffortTally.ofCall();
        registry.stream(
                request.getModelName(),
                request.getModelVersion(),
                RequestDecoder.decode(request, deadline, PriorityServerInterceptor.CONTEXT.get()),
                request.getSerializedSize(),
                (piece, last) -> {
                    effort.add(request, piece);
                    pieces.accept(AnswerEncoder.encodePiece(request, piece, last));
                });
    }
}
