package dev.weft.inference.v2;

import dev.weft.inference.lifecycle.Answer;
import dev.weft.kit.rpc.CallEffort;
import dev.weft.protocol.inference.ModelInferRequest;
import io.grpc.Context;

/** Adds up what the answers of one call took. Thread-safe. */
final class EffortTally {

    /** Where a call keeps it. */
    static final Context.Key<EffortTally> CONTEXT = Context.key("effort");

    private CallEffort sum = CallEffort.NONE;

    /** What of the call that this thread answers; a new one, which nobody reads, where nobody wants it told. */
    static EffortTally ofCall() {
        EffortTally tally = CONTEXT.get();
        return tally == null ? new EffortTally() : tally;
    }

    /** Adds what an answer took, or a piece of one that tells. */
    void add(ModelInferRequest request, Answer answer) {
        answer.effort()
                .ifPresent(effort -> add(new CallEffort(
                        rows(request),
                        effort.tokens(),
                        0,
                        effort.times().computed().toNanos() / 1_000)));
        answer.generated().ifPresent(text -> add(new CallEffort(1, text.promptTokens(), text.completionTokens(), 0)));
    }

    /** The first dimension of the first input, as all models with rows have it. */
    private static long rows(ModelInferRequest request) {
        return request.getInputsCount() == 0 || request.getInputs(0).getShapeCount() == 0
                ? 1
                : Math.max(1, request.getInputs(0).getShape(0));
    }

    private synchronized void add(CallEffort effort) {
        sum = sum.plus(effort);
    }

    synchronized CallEffort sum() {
        return sum;
    }
}
