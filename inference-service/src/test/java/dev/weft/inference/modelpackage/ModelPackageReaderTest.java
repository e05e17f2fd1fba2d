package dev.weft.inference.modelpackage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.inference.device.Device;
import dev.weft.inference.fixtures.TestPackages;
import dev.weft.inference.modelpackage.Task.Activation;
import dev.weft.inference.modelpackage.Task.Pooling;
import dev.weft.inference.modelpackage.Task.Provided;
import dev.weft.inference.modelpackage.Task.RawTensors;
import dev.weft.inference.modelpackage.Task.SentenceEmbedding;
import dev.weft.inference.modelpackage.Task.Skill;
import dev.weft.inference.modelpackage.Task.TextClassification;
import dev.weft.kit.error.Failure.FailedPrecondition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelPackageReaderTest {

    private static final Device CPU = new Device.Cpu(2, true);

    private static final ModelId ID = new ModelId("intent", 1);

    @TempDir
    private Path folder;

    @Test
    void sentenceTransformersFilesAreUnderstood() {
        ModelPackage model = ModelPackageReader.read(ID, TestPackages.BUNDLED, CPU);

        assertThat(model.task()).isInstanceOfSatisfying(SentenceEmbedding.class, task -> {
            assertThat(task.pooling()).isEqualTo(Pooling.MEAN);
            assertThat(task.normalize()).isTrue();
            assertThat(task.limits().maxTokens()).isEqualTo(256);
            assertThat(task.limits().vocabularySize()).hasValue(30522);
        });
        assertThat(model.graph().orElseThrow()).hasFileName("model_quantized.onnx");
    }

    @Test
    void graphWithoutTokenizerIsRawTensors() throws IOException {
        write("onnx/model.onnx", "");

        assertThat(ModelPackageReader.read(ID, folder, CPU).task()).isEqualTo(new RawTensors());
    }

    @ParameterizedTest
    @CsvSource({"single_label_classification, SOFTMAX", "multi_label_classification, SIGMOID"})
    void classifierTakesLabelsAndActivationFromItsConfig(String problem, Activation activation) throws IOException {
        write("onnx/model.onnx", "");
        write("tokenizer.json", "{}");
        write("config.json", """
                {"architectures": ["BertForSequenceClassification"], "problem_type": "%s",
                 "id2label": {"10": "k", "2": "c", "0": "a", "1": "b", "3": "d", "4": "e", "5": "f", "6": "g", "7": "h",
                              "8": "i", "9": "j"}}
                """.formatted(problem));

        assertThat(ModelPackageReader.read(ID, folder, CPU).task())
                .isInstanceOfSatisfying(TextClassification.class, task -> {
                    assertThat(task.labels()).containsExactly("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k");
                    assertThat(task.activation()).isEqualTo(activation);
                    assertThat(task.limits().maxTokens()).isEqualTo(512);
                });
    }

    @Test
    void robertaHasTwoPositionsLess() throws IOException {
        write("onnx/model.onnx", "");
        write("tokenizer.json", "{}");
        write(
                "config.json",
                "{\"architectures\": [\"XLMRobertaModel\"], \"model_type\": \"xlm-roberta\", \"max_position_embeddings\": 514}");

        assertThat(ModelPackageReader.read(ID, folder, CPU).task())
                .isInstanceOfSatisfying(
                        SentenceEmbedding.class,
                        task -> assertThat(task.limits().maxTokens()).isEqualTo(512));
    }

    @Test
    void limitlessTokenizerLeavesTheGraphsPositions() throws IOException {
        write("onnx/model.onnx", "");
        write("tokenizer.json", "{}");
        write("tokenizer_config.json", "{\"model_max_length\": 1000000000000000019884624838656}");
        write("config.json", "{\"architectures\": [\"BertModel\"], \"max_position_embeddings\": 512}");

        assertThat(ModelPackageReader.read(ID, folder, CPU).task())
                .isInstanceOfSatisfying(
                        SentenceEmbedding.class,
                        task -> assertThat(task.limits().maxTokens()).isEqualTo(512));
    }

    @Test
    void overridesHaveTheLastWord() throws IOException {
        write("onnx/model.onnx", "");
        write("onnx/other.onnx", "");
        write("tokenizer.json", "{}");
        write("config.json", "{\"architectures\": [\"BertModel\"]}");
        write("weft.json", """
                {"task": "sentence-embedding", "variant": "other", "pooling": "cls", "normalize": false, "max_tokens": 77}
                """);

        ModelPackage model = ModelPackageReader.read(ID, folder, CPU);

        assertThat(model.graph().orElseThrow()).hasFileName("other.onnx");
        assertThat(model.task()).isInstanceOfSatisfying(SentenceEmbedding.class, task -> {
            assertThat(task.pooling()).isEqualTo(Pooling.CLS);
            assertThat(task.normalize()).isFalse();
            assertThat(task.limits().maxTokens()).isEqualTo(77);
        });
    }

    @Test
    void misspeltOverrideIsRefused() throws IOException {
        write("onnx/model.onnx", "");
        write("weft.json", "{\"poolin\": \"cls\"}");

        assertThatThrownBy(() -> ModelPackageReader.read(ID, folder, CPU))
                .isInstanceOf(FailedPrecondition.class)
                .hasMessageContaining("weft.json")
                .hasMessageContaining("poolin");
    }

    @Test
    void variantCannotLeaveThePackage() throws IOException {
        write("onnx/model.onnx", "");
        write("weft.json", "{\"variant\": \"../../secret\"}");

        assertThatThrownBy(() -> ModelPackageReader.read(ID, folder, CPU))
                .isInstanceOf(FailedPrecondition.class)
                .hasMessageContaining("variant");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "config.json | {\"architectures\": [ | config.json",
                "modules.json | [{\"type\": \"sentence_transformers.models.Dense\"}] | Dense",
                "1_Pooling/config.json | {\"pooling_mode_max_tokens\": true} | pooling_mode_mean_tokens",
                "1_Pooling/config.json | {} | exactly one pooling mode",
                "config.json | {\"architectures\": [\"XForSequenceClassification\"]} | id2label",
                "config.json | {\"architectures\": [\"XForSequenceClassification\"], \"id2label\": {\"1\": \"a\"}} | 0 to 0",
                "weft.json | {\"task\": \"vision\"} | sentence-embedding",
                "weft.json | {\"task\": \"sentence-embedding\", \"max_tokens\": 0} | >= 1",
            })
    void malformedFileIsNamed(String file, String content, String expected) throws IOException {
        write("onnx/model.onnx", "");
        write("tokenizer.json", "{}");
        write(file, content);

        assertThatThrownBy(() -> ModelPackageReader.read(ID, folder, CPU))
                .isInstanceOf(FailedPrecondition.class)
                .hasMessageContaining(expected);
    }

    @Test
    void folderWithoutGraphIsNamed() {
        assertThatThrownBy(() -> ModelPackageReader.read(ID, folder, CPU))
                .isInstanceOf(FailedPrecondition.class)
                .hasMessageContaining("no graph");
    }

    @Test
    void providersModelIsAllInItsOneFile() throws IOException {
        write("weft.json", """
                {"task": "sentence-embedding", "provider": "openai", "model": "text-embedding-3-small", "dimensions": 512}
                """);

        ModelPackage model = ModelPackageReader.read(ID, folder, CPU);

        assertThat(model.graph()).isEmpty();
        assertThat(model.weightBytes()).isZero();
        assertThat(model.task())
                .isEqualTo(new Provided(
                        Skill.SENTENCE_EMBEDDING, "openai", "text-embedding-3-small", OptionalInt.of(512)));
        assertThat(model.task().wireName()).isEqualTo("sentence-embedding");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"provider\": \"a\", \"model\": \"m\"} | task: missing",
                "{\"provider\": \"a\", \"model\": \"m\", \"task\": \"reranking\"} | [sentence-embedding, text-generation]",
                "{\"provider\": \"a\", \"task\": \"text-generation\"} | model: missing",
                "{\"provider\": \" \", \"model\": \"m\", \"task\": \"text-generation\"} | provider: missing",
                "{\"model\": \"m\", \"task\": \"text-generation\"} | provider: missing",
                "{\"provider\": \"a\", \"model\": \"m\", \"task\": \"text-generation\", \"dimensions\": 3} | dimensions: 3",
                "{\"provider\": \"a\", \"model\": \"m\", \"task\": \"sentence-embedding\", \"dimensions\": 0} | dimensions: 0",
                "{\"provider\": \"a\", \"model\": \"m\", \"task\": \"sentence-embedding\", \"pooling\": \"cls\"} | pooling",
            })
    void providersModelThatSaysTooLittleOrTooMuchIsRefused(String content, String expected) throws IOException {
        write("weft.json", content);

        assertThatThrownBy(() -> ModelPackageReader.read(ID, folder, CPU))
                .isInstanceOf(FailedPrecondition.class)
                .hasMessageContaining("weft.json")
                .hasMessageContaining(expected);
    }

    @Test
    void providersModelHasNoGraphBesides() throws IOException {
        write("onnx/model.onnx", "");
        write("weft.json", "{\"task\": \"text-generation\", \"provider\": \"a\", \"model\": \"m\"}");

        assertThatThrownBy(() -> ModelPackageReader.read(ID, folder, CPU))
                .isInstanceOf(FailedPrecondition.class)
                .hasMessageContaining("one of the two");
    }

    private void write(String file, String content) throws IOException {
        Path path = folder.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, content);
    }
}
