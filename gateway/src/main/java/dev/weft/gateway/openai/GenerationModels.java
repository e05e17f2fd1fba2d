package dev.weft.gateway.openai;

import dev.weft.gateway.http.RestCall;
import java.util.List;
import java.util.Map;

/** The models that continue texts and conversations, wherever they run. */
public interface GenerationModels {

    /**
     * Starts answers, all at once; returns before there is any of them.
     *
     * @param model its name
     * @param choices not empty
     * @return what comes of them; the caller closes it
     */
    Generation generate(String model, List<Choice> choices, RestCall call);

    /** The parameter that lets an answer have calls. */
    String TOOLS = "tools";

    /**
     * One answer that is wanted.
     *
     * @param parameters of the sampling, as the Open Inference Protocol's generation models call them; each a Long, Double or String
     */
    record Choice(Prompt prompt, Map<String, Object> parameters) {}

    /** What is continued. */
    sealed interface Prompt {
        /** A text. */
        record Text(String text) implements Prompt {}

        /** Token ids of the model's own vocabulary. */
        record Tokens(List<Integer> ids) implements Prompt {}

        /** A JSON array of chat messages. */
        record Conversation(String messages) implements Prompt {}
    }

    /** Answers that are being generated. For one thread; closing it before all have ended cancels them. */
    interface Generation extends AutoCloseable {

        /**
         * Waits for the next event of any answer. Not to be called after the last answer's end.
         *
         * @throws dev.weft.kit.error.Failure when one of them fails; the others are worth nothing then
         */
        Event next();

        @Override
        void close();
    }

    /** What happens to an answer; {@code index} is its place among the choices. */
    sealed interface Event {
        int index();

        /** More of its text. */
        record Piece(int index, String text) implements Event {}

        /**
         * More of what the model wants called.
         *
         * @param parts a JSON array of OpenAI's parts of tool calls
         */
        record Calls(int index, String parts) implements Event {}

        /**
         * Its last text, which may be empty, and its end.
         *
         * @param reason {@code stop}, {@code length}, or a provider's own
         * @param promptTokens tokens of the prompt
         * @param completionTokens tokens of the answer
         */
        record End(int index, String text, String reason, long promptTokens, long completionTokens) implements Event {}
    }
}
