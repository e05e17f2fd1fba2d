package dev.weft.inference.generation;

import java.time.Duration;

/** Learns what an engine does; called on the engine's thread, so it must be quick. */
public interface GenerationObserver {

    /** A sequence left the queue. */
    void admitted(Duration waited);

    /** The first token of an answer was chosen. */
    void firstToken(Duration sinceArrival);

    /** One token for each of some sequences was computed. */
    void stepped(int sequences, Duration computed);

    /** A sequence ended with an answer. */
    void finished(int promptTokens, int completionTokens);
}
