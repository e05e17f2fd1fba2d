package dev.weft.inference.modelpackage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.inference.device.Device;
import dev.weft.inference.modelpackage.Task.SamplingDefaults;
import dev.weft.inference.modelpackage.Task.SentenceEmbedding;
import dev.weft.inference.modelpackage.Task.TextGeneration;
import dev.weft.kit.error.Failure.FailedPrecondition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TextGenerationDetectionTest {

    @TempDir
    private Path folder;

    @BeforeEach
    void writeGraph() throws IOException {
        write("onnx/model.onnx", "");
        write("tokenizer.json", "{}");
    }

    @ParameterizedTest
    @CsvSource({"LlamaForCausalLM", "GPT2LMHeadModel"})
    void decoderIsDetectedByItsArchitecture(String architecture) throws IOException {
        write("config.json", "{\"architectures\": [\"" + architecture + "\"], \"n_positions\": 512}");

        assertThat(task().contextLength()).isEqualTo(512);
        assertThat(task().wireName()).isEqualTo("text-generation");
    }

    @Test
    void decoderWithSentenceTransformersFilesIsAnEmbeddingModel() throws IOException {
        write("config.json", "{\"architectures\": [\"Qwen3ForCausalLM\"]}");
        write("modules.json", "[{\"path\": \"\", \"type\": \"sentence_transformers.models.Transformer\"}]");

        assertThat(ModelPackageReader.read(new ModelId("m", 1), folder, new Device.Cpu(2, true))
                        .task())
                .isInstanceOf(SentenceEmbedding.class);
    }

    @Test
    void limitsEndTokensAndDefaultsComeFromTheFiles() throws IOException {
        write("config.json", """
                {"architectures": ["Qwen2ForCausalLM"], "max_position_embeddings": 32768, "vocab_size": 151936,
                 "eos_token_id": 151645}
                """);
        write("generation_config.json", """
                {"eos_token_id": [151645, 151643], "do_sample": true, "temperature": 0.7, "top_p": 0.8, "top_k": 20,
                 "repetition_penalty": 1.1, "max_new_tokens": 2048}
                """);
        write("tokenizer_config.json", """
                {"model_max_length": 4096, "chat_template": "{{ messages }}", "bos_token": null,
                 "eos_token": {"content": "<|im_end|>", "lstrip": false}, "pad_token": "<|endoftext|>"}
                """);

        TextGeneration task = task();

        assertThat(task.contextLength()).as("the smaller one").isEqualTo(4096);
        assertThat(task.vocabularySize()).hasValue(151936);
        assertThat(task.endTokens()).containsExactlyInAnyOrder(151645, 151643);
        assertThat(task.defaults()).isEqualTo(new SamplingDefaults(0.7, 0.8, 20, 1.1, OptionalInt.of(2048)));
        assertThat(task.chatTemplate()).hasValue("{{ messages }}");
        assertThat(task.specialTokens())
                .hasSize(2)
                .containsEntry("eos_token", "<|im_end|>")
                .containsEntry("pad_token", "<|endoftext|>");
    }

    @Test
    void bareDecoderHasOpenAisDefaults() throws IOException {
        write("config.json", "{\"architectures\": [\"LlamaForCausalLM\"], \"eos_token_id\": 2}");

        assertThat(task().contextLength()).isEqualTo(1024);
        assertThat(task().endTokens()).containsExactly(2);
        assertThat(task().defaults()).isEqualTo(new SamplingDefaults(1, 1, 0, 1, OptionalInt.empty()));
        assertThat(task().chatTemplate()).isEmpty();
    }

    @Test
    void packageThatDoesNotSampleIsGreedy() throws IOException {
        write("config.json", "{\"architectures\": [\"LlamaForCausalLM\"]}");
        write("generation_config.json", "{\"do_sample\": false, \"temperature\": 0.9}");

        assertThat(task().defaults().temperature()).isZero();
    }

    @Test
    void templateOfAFileIsPreferredAndOneOfSeveralIsTheDefault() throws IOException {
        write("config.json", "{\"architectures\": [\"LlamaForCausalLM\"]}");
        write("tokenizer_config.json", """
                {"chat_template": [{"name": "tool_use", "template": "t"}, {"name": "default", "template": "d"}]}
                """);
        assertThat(task().chatTemplate()).hasValue("d");

        write("chat_template.jinja", "f");
        assertThat(task().chatTemplate()).hasValue("f");

        write("weft.json", "{\"chat_template\": \"w\", \"max_tokens\": 64, \"eos_token_ids\": [7]}");
        assertThat(task().chatTemplate()).hasValue("w");
        assertThat(task().contextLength()).isEqualTo(64);
        assertThat(task().endTokens()).containsExactly(7);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "config.json | {\"architectures\": [\"AForCausalLM\"], \"eos_token_id\": \"</s>\"} | config.json: eos_token_id",
                "generation_config.json | {\"top_p\": 1.5} | generation_config.json: temperature 1.0, top_p 1.5",
                "tokenizer_config.json | {\"chat_template\": [{\"name\": \"rag\", \"template\": \"x\"}]} | tokenizer_config.json: chat_template",
                "tokenizer_config.json | {\"bos_token\": 5} | tokenizer_config.json: bos_token: 5",
                "weft.json | {\"max_tokens\": 1} | max_tokens: 1 (expected: >= 2",
            })
    void malformedFileIsNamed(String file, String content, String message) throws IOException {
        write("config.json", "{\"architectures\": [\"AForCausalLM\"]}");
        write(file, content);

        assertThatThrownBy(this::task).isInstanceOf(FailedPrecondition.class).hasMessageStartingWith(message);
    }

    @Test
    void mergedDecoderOfOlderExportsIsFound() throws IOException {
        Files.delete(folder.resolve("onnx/model.onnx"));
        write("onnx/decoder_model_merged.onnx", "");
        write("config.json", "{\"architectures\": [\"AForCausalLM\"]}");

        assertThat(ModelPackageReader.read(new ModelId("m", 1), folder, new Device.Cpu(2, true))
                        .graph()
                        .orElseThrow())
                .hasFileName("decoder_model_merged.onnx");
    }

    private TextGeneration task() {
        return (TextGeneration) ModelPackageReader.read(new ModelId("m", 1), folder, new Device.Cpu(2, true))
                .task();
    }

    private void write(String file, String content) throws IOException {
        Path path = folder.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, content);
    }
}
