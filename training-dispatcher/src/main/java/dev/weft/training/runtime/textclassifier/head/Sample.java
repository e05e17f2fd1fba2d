package dev.weft.training.runtime.textclassifier.head;

/**
 * One example as numbers.
 *
 * @param vector of the text; owned, not to be written
 * @param label number of the class
 */
public record Sample(float[] vector, int label) {}
