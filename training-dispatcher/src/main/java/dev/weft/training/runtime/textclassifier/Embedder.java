package dev.weft.training.runtime.textclassifier;

import dev.weft.kit.error.Failure;
import dev.weft.kit.time.Deadline;
import java.util.List;

/** Makes vectors of texts. Thread-safe. */
public interface Embedder extends AutoCloseable {

    /**
     * The texts' vectors, in their order; texts that are longer than the model takes are cut.
     *
     * @param texts as many as fit one request, at least one
     * @return a vector for each, all of one length
     * @throws Failure when there is no answer within the deadline, or none that makes sense; what may succeed later has been tried again
     */
    List<float[]> embed(List<String> texts, Deadline deadline);

    @Override
    void close();
}
