package dev.weft.bench;

import ai.onnxruntime.OrtException;

/** One way to have one sentence embedded. Thread-safe. */
interface Target extends AutoCloseable {

    /** How the table calls it. */
    String label();

    /** Embeds the sentence of that number and waits for the vector. */
    void embed(int sentence) throws Exception;

    @Override
    void close() throws OrtException;
}
