package dev.weft.training.runtime.textclassifier.data;

/**
 * One example.
 *
 * @param text not blank
 * @param label not blank
 * @param line of the file, from 1, on which it begins
 */
public record LabelledText(String text, String label, int line) {}
