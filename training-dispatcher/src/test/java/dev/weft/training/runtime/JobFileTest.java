package dev.weft.training.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.weft.kit.error.Failure.InvalidArgument;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JobFileTest {

    @TempDir
    private Path folder;

    @Test
    void fileIsReadBack() throws IOException {
        JobFile file = new JobFile(
                JsonNodeFactory.instance.objectNode().put("seed", 7),
                Map.of("train", "data/train.csv"),
                Map.of("inference", "127.0.0.1:8081"),
                "output");

        file.write(folder);

        assertThat(JobFile.read(folder)).isEqualTo(file);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "{\"data\": {}, \"output\": \"o\"}",
                "{\"parameters\": {}}",
                "{\"parameters\": {}, \"output\": \"../o\"}",
                "{\"parameters\": {}, \"output\": \"/o\"}",
                "{\"parameters\": {}, \"output\": \"o\", \"data\": {\"train\": \"a/../../x\"}}",
                "{\"parameters\": {}, \"output\": \"o\", \"data\": {\"train\": 1}}"
            })
    void otherFormsAreRefused(String content) throws IOException {
        Files.writeString(folder.resolve("job.json"), content);

        assertThatThrownBy(() -> JobFile.read(folder))
                .isInstanceOf(InvalidArgument.class)
                .hasMessageContaining("job.json");
    }
}
