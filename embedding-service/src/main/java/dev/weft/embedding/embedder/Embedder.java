package dev.weft.embedding.embedder;

import dev.weft.kit.time.Deadline;
import java.util.List;

/** The models that turn texts into vectors, wherever they run. Thread-safe. */
@FunctionalInterface
public interface Embedder {

    /**
     * Embeds texts; blocks until all are.
     *
     * @param model its name
     * @param texts any number of them; the answer has one vector for each, in their order, all of one length
     * @return vectors that are the caller's
     * @throws dev.weft.kit.error.Failure NotFound when there is no such model; InvalidArgument when a text is too long, which is named by its
     *     number ({@code text[3]}), or the model is for something else; ResourceExhausted when it has too much to do; Unavailable when nobody
     *     answers; DeadlineExceeded
     */
    List<float[]> embed(String model, List<String> texts, Priority priority, Deadline deadline);
}
