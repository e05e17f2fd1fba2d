package dev.weft.inference.batching;

/** What is computed as a whole: one text, or one request's tensors. */
public interface Row {

    /** How long it is, in tokens or whatever else makes a batch wide. */
    int length();
}
