package dev.weft.bench;

/**
 * A text to embed.
 *
 * @param tokens what the bundled model's tokenizer makes of it, the two special ones counted
 */
record Text(String value, int tokens) {}
