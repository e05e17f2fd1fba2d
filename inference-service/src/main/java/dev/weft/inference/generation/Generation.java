package dev.weft.inference.generation;

import java.util.Optional;

/** An answer that is being generated. For one thread; closing it before its end cancels it. */
public interface Generation extends AutoCloseable {

    /**
     * Waits for more of the answer. Not to be called after a piece with an end.
     *
     * @throws dev.weft.kit.error.Failure.DeadlineExceeded when the request's deadline passes
     * @throws dev.weft.kit.error.Failure.Cancelled when this thread is interrupted
     * @throws dev.weft.kit.error.Failure when the sequence failed
     */
    Piece next();

    @Override
    void close();

    /**
     * A part of the answer.
     *
     * @param text everything since the last piece; whole characters; empty only in the last one
     * @param end of the answer, in the last piece
     */
    record Piece(String text, Optional<End> end) {}

    /**
     * How an answer ended.
     *
     * @param promptTokens tokens of the prompt
     * @param completionTokens tokens that were chosen, an end token counted
     */
    record End(FinishReason reason, int promptTokens, int completionTokens) {}
}
