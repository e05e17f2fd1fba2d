package dev.weft.embedding.batch;

/**
 * Why a batch failed as a whole.
 *
 * @param code a word for programs
 * @param line of the input, counted from 1; 0 when it is about no line
 */
public record BatchError(String code, String message, long line) {}
