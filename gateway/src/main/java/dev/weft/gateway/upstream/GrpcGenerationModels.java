package dev.weft.gateway.upstream;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.weft.gateway.http.RestCall;
import dev.weft.gateway.openai.GenerationModels;
import dev.weft.protocol.inference.InferParameter;
import dev.weft.protocol.inference.ModelInferRequest;
import dev.weft.protocol.inference.ModelInferRequest.InferInputTensor;
import dev.weft.protocol.inference.ModelInferRequest.InferRequestedOutputTensor;
import jakarta.inject.Singleton;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Generation by V2's text generation models of inference-service, one stream for each answer. */
@Singleton
final class GrpcGenerationModels implements GenerationModels {

    static final String TEXT = "TEXT";
    static final String FINISH_REASON = "FINISH_REASON";
    static final String PROMPT_TOKENS = "PROMPT_TOKENS";
    static final String COMPLETION_TOKENS = "COMPLETION_TOKENS";
    static final String TOOL_CALLS = "TOOL_CALLS";

    private static final List<String> OUTPUTS = List.of(TEXT, FINISH_REASON, PROMPT_TOKENS, COMPLETION_TOKENS);

    private final InferenceUpstream upstream;

    GrpcGenerationModels(InferenceUpstream upstream) {
        this.upstream = upstream;
    }

    @Override
    public Generation generate(String model, List<Choice> choices, RestCall call) {
        GrpcGeneration generation = new GrpcGeneration(upstream, model, choices.size(), call);
        generation.start(choices.stream().map(choice -> request(model, choice)).toList());
        return generation;
    }

    private static ModelInferRequest request(String model, Choice choice) {
        ModelInferRequest.Builder request = ModelInferRequest.newBuilder().setModelName(model);
        if (!choice.parameters().containsKey(TOOLS)) {
            // With tools all that there are: a model that is here has no TOOL_CALLS, and says better what it lacks.
            OUTPUTS.forEach(name ->
                    request.addOutputs(InferRequestedOutputTensor.newBuilder().setName(name)));
        }
        choice.parameters().forEach((name, value) -> request.putParameters(name, parameter(value)));
        switch (choice.prompt()) {
            case Prompt.Text(String text) -> add(request, TEXT, "BYTES", 1, bytes(text));
            case Prompt.Conversation(String messages) -> add(request, "MESSAGES", "BYTES", 1, bytes(messages));
            case Prompt.Tokens(List<Integer> ids) -> {
                ByteBuffer data =
                        ByteBuffer.allocate(ids.size() * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
                ids.forEach(data::putInt);
                add(request, "TOKEN_IDS", "INT32", ids.size(), UnsafeByteOperations.unsafeWrap(data.flip()));
            }
        }
        return request.build();
    }

    private static void add(
            ModelInferRequest.Builder request, String name, String datatype, int elements, ByteString data) {
        request.addInputs(InferInputTensor.newBuilder()
                        .setName(name)
                        .setDatatype(datatype)
                        .addShape(elements))
                .addRawInputContents(data);
    }

    private static ByteString bytes(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        ByteBuffer data = ByteBuffer.allocate(Integer.BYTES + utf8.length).order(ByteOrder.LITTLE_ENDIAN);
        return UnsafeByteOperations.unsafeWrap(
                data.putInt(utf8.length).put(utf8).flip());
    }

    private static InferParameter parameter(Object value) {
        InferParameter.Builder parameter = InferParameter.newBuilder();
        return switch (value) {
            case Long number -> parameter.setInt64Param(number).build();
            case Double number -> parameter.setDoubleParam(number).build();
            case String text -> parameter.setStringParam(text).build();
            default -> throw new IllegalArgumentException(value + " (expected: a Long, Double or String)");
        };
    }

    /** What inference-service calls its inputs and parameters, in the words of OpenAI's clients. */
    static String inClientsWords(String message) {
        return message.replace("parameters.", "")
                .replace("input '" + TEXT + "'", "prompt")
                .replace("input 'TOKEN_IDS'", "prompt")
                .replace("input 'MESSAGES'", "messages");
    }
}
