package dev.weft.training.runtime.textclassifier.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.kit.error.Failure.InvalidArgument;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DataFileTest {

    private static final DataFile.Columns COLUMNS = new DataFile.Columns("text", "label");

    @TempDir
    private Path folder;

    private List<LabelledText> read(String name, String content) throws IOException {
        return DataFile.read(Files.writeString(folder.resolve(name), content), COLUMNS);
    }

    @Test
    void quotedFieldsHoldAnything() throws IOException {
        List<LabelledText> rows = read("train.csv", """
                \uFEFFid,Label,text
                1,card_lost,"my ""gold"" card, gone"
                2,loan,"two
                lines"\r
                3,loan,plain

                """);

        assertThat(rows)
                .containsExactly(
                        new LabelledText("my \"gold\" card, gone", "card_lost", 2),
                        new LabelledText("two\nlines", "loan", 3),
                        new LabelledText("plain", "loan", 5));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"text;label@a, b;x", "text\tlabel@a, b\tx"})
    void headerTellsTheSeparator(String content) throws IOException {
        assertThat(read("train.csv", content.replace('@', '\n'))).containsExactly(new LabelledText("a, b", "x", 2));
    }

    @Test
    void jsonLinesAreRead() throws IOException {
        List<LabelledText> rows = read("train.jsonl", """
                {"text": "my card is gone", "label": "card_lost", "by": "me"}

                {"label": 7, "text": "a loan"}
                """);

        assertThat(rows)
                .containsExactly(
                        new LabelledText("my card is gone", "card_lost", 1), new LabelledText("a loan", "7", 3));
    }

    @Test
    void dataOfOpenAisFineTuningAreRead() throws IOException {
        List<LabelledText> rows = read("train.jsonl", """
                {"messages": [{"role": "system", "content": "Say what it is about."}, {"role": "user", "content": " my card is gone "}, {"role": "assistant", "content": " card_lost\\n"}]}
                {"messages": [{"role": "user", "content": "hello"}, {"role": "assistant", "content": "greeting", "weight": 0}, {"role": "user", "content": "a loan"}, {"role": "assistant", "content": "loan"}]}
                {"prompt": "which fee?", "completion": " fee"}
                {"text": "both forms", "label": "columns", "prompt": "no", "completion": "no"}
                """);

        assertThat(rows)
                .containsExactly(
                        new LabelledText("my card is gone", "card_lost", 1),
                        new LabelledText("a loan", "loan", 2),
                        new LabelledText("which fee?", "fee", 3),
                        new LabelledText("both forms", "columns", 4));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "train.csv|text,label@a,b,c|line 2, column 3|3 fields (expected: 2",
                "train.csv|text,label@a|line 2, column 1|1 fields (expected: 2",
                "train.csv|text,label@a,b@say \"hi\",b|line 3, column 5|a quote inside of a field",
                "train.csv|text,label@\"a\"x,b|line 2, column 4|'x' after a closing quote",
                "train.csv|text,label@a,b@\"never@closed,b|line 3, column 1|never closed",
                "train.csv|text,label@a, |line 2, column 3|empty (expected: a label)",
                "train.csv|sentence,label@a,b|line 1|expected: the column 'text' once",
                "train.csv|text,text,label@a,b,c|line 1|expected: the column 'text' once",
                "train.csv|``|empty|a header and rows",
                "train.jsonl|{\"text\": \"a\", \"label\": \"b\"}@{\"text\": nonsense}|line 2, column|no JSON",
                "train.jsonl|{\"text\": \"a\"}|line 1: label|missing (expected: a text)",
                "train.jsonl|{\"text\": \" \", \"label\": \"b\"}|line 1: text|expected: a text",
                "train.jsonl|{\"label\": \"b\"}|line 1: text|missing (expected: a text; or else messages, or prompt)",
                "train.jsonl|{\"text\": null, \"label\": \"b\", \"prompt\": \"a\"}|line 1: text|null (expected: a text)",
                "train.jsonl|{\"prompt\": \"a\"}|line 1: completion|missing (expected: a text)",
                "train.jsonl|{\"messages\": \"a\"}|line 1: messages|no list with a message of the role user",
                "train.jsonl|{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}]}|line 1: messages|no message of the role assistant",
                "train.jsonl|{\"messages\": [{\"role\": \"user\", \"content\": [1]}]}|line 1: messages[0].content|[1] (expected: a text)",
                "train.jsonl|[1]|line 1, column 1|ARRAY (expected: an object",
                "train.jsonl|{\"text\": \"a\", \"label\": \"b\"} {}|line 1, column|no JSON",
                "train.txt|text,label@a,b|train.txt|expected: a name that ends in .csv"
            })
    void whatIsWrongIsNamedWithItsPlace(String name, String content, String place, String what) {
        assertThatThrownBy(() -> read(name, content.replace('@', '\n')))
                .isInstanceOf(InvalidArgument.class)
                .hasMessageContaining(place)
                .hasMessageContaining(what);
    }

    @Test
    void otherEncodingsAreRefusedWhereTheyShow() throws IOException {
        Path file = folder.resolve("train.csv");
        Files.write(file, "text,label\nfee,b\ncaf\u00e9,b\n".getBytes(StandardCharsets.ISO_8859_1));

        assertThatThrownBy(() -> DataFile.read(file, COLUMNS)).hasMessageContaining("line 3, column 4: no UTF-8");
    }

    @Test
    void missingFileIsNamed() {
        assertThatThrownBy(() -> DataFile.read(folder.resolve("none.csv"), COLUMNS))
                .isInstanceOf(InvalidArgument.class)
                .hasMessageContaining("none.csv: cannot be read");
    }
}
