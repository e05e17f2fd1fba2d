package dev.weft.inference.modelpackage;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** What a model is for, and so which pipeline surrounds its graph. */
public sealed interface Task {

    /** The name that {@code weft.json} and the model's metadata use. */
    String wireName();

    /** Text in, one vector per text out. */
    record SentenceEmbedding(TextLimits limits, Pooling pooling, boolean normalize) implements Task {
        @Override
        public String wireName() {
            return "sentence-embedding";
        }
    }

    /**
     * Text in, one score per label out.
     *
     * @param labels in the order of the graph's logits
     */
    record TextClassification(TextLimits limits, List<String> labels, Activation activation) implements Task {
        public TextClassification {
            labels = List.copyOf(labels);
        }

        @Override
        public String wireName() {
            return "text-classification";
        }
    }

    /**
     * Text in, the entities that it names out.
     *
     * @param labels in the order of the graph's logits; O is no entity, B- begins one
     */
    record TokenClassification(TextLimits limits, List<String> labels) implements Task {
        public TokenClassification {
            labels = List.copyOf(labels);
        }

        @Override
        public String wireName() {
            return "token-classification";
        }
    }

    /** A query and texts in, one score per text out: how well it answers the query. */
    record Reranking(TextLimits limits, Activation activation) implements Task {
        @Override
        public String wireName() {
            return "reranking";
        }
    }

    /**
     * A prompt or a conversation in, its continuation out.
     *
     * @param contextLength tokens of prompt and answer together
     * @param vocabularySize ids are below it; empty when the package does not say
     * @param endTokens ids that end an answer; may be empty
     * @param chatTemplate Jinja, as transformers understands it; without one the model takes prompts only
     * @param specialTokens what a template calls {@code bos_token}, {@code eos_token}, {@code pad_token} and {@code unk_token}
     */
    record TextGeneration(
            int contextLength,
            OptionalInt vocabularySize,
            Set<Integer> endTokens,
            SamplingDefaults defaults,
            Optional<String> chatTemplate,
            Map<String, String> specialTokens)
            implements Task {
        public TextGeneration {
            endTokens = Set.copyOf(endTokens);
            specialTokens = Map.copyOf(specialTokens);
        }

        @Override
        public String wireName() {
            return "text-generation";
        }
    }

    /**
     * How a decoder's tokens are chosen when a request does not say.
     *
     * @param temperature 0 takes the likeliest token
     * @param topP the smallest set of tokens whose probabilities reach it is chosen from; 1 is all
     * @param topK how many of the likeliest tokens are chosen from; 0 is all
     * @param repetitionPenalty over 1 makes tokens that have occurred less likely
     * @param maxNewTokens length of an answer; empty when the package does not say
     */
    record SamplingDefaults(
            double temperature, double topP, int topK, double repetitionPenalty, OptionalInt maxNewTokens) {}

    /**
     * What a provider's model does, with nothing of it here.
     *
     * @param skill what it is asked for
     * @param provider as the service's configuration names it
     * @param model as the provider names it
     * @param dimensions of its vectors, which the provider is asked for; empty for as many as it gives
     */
    record Provided(Skill skill, String provider, String model, OptionalInt dimensions) implements Task {
        @Override
        public String wireName() {
            return skill.wireName();
        }
    }

    /** The graph as it declares itself. */
    record RawTensors() implements Task {
        @Override
        public String wireName() {
            return "tensors";
        }
    }

    /** What a provider's model can be asked for. */
    enum Skill {
        SENTENCE_EMBEDDING("sentence-embedding"),
        TEXT_GENERATION("text-generation");

        private final String wireName;

        Skill(String wireName) {
            this.wireName = wireName;
        }

        /** The task that it stands for. */
        public String wireName() {
            return wireName;
        }
    }

    /** How token vectors become one vector. */
    enum Pooling {
        MEAN,
        CLS,
        LAST_TOKEN
    }

    /** How logits become scores. */
    enum Activation {
        /** One label is right; scores add up to 1. */
        SOFTMAX,
        /** Each label for itself. */
        SIGMOID,
        /** Logits as they are. */
        NONE
    }

    /**
     * What the tokenizer must keep to.
     *
     * @param maxTokens per text, special tokens included
     * @param vocabularySize ids are below it; empty when the package does not say
     * @param padTokenId what fills the rows of a batch that are shorter than its longest
     */
    record TextLimits(int maxTokens, OptionalInt vocabularySize, int padTokenId) {}
}
