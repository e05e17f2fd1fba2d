package dev.weft.inference.pipeline;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.quarkus.runtime.annotations.RegisterForReflection;

/**
 * Something that a text names, as Hugging Face's pipelines write it.
 *
 * @param group what it is: the label without its B- or I-
 * @param score mean probability of the label over the entity's words
 * @param word the entity as it stands in the text
 * @param start its first character, in Unicode code points
 * @param end behind its last character
 */
@RegisterForReflection
record Entity(@JsonProperty("entity_group") String group, float score, String word, int start, int end) {}
