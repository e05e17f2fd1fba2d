package dev.weft.gateway.batches;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.kit.error.Failure.InvalidArgument;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MultipartReaderTest {

    private static final String TYPE = "multipart/form-data; boundary=cut";

    @Test
    void partsAreReadInTheirOrder() throws IOException {
        MultipartReader form = new MultipartReader(lines("""
                --cut
                Content-Disposition: form-data; name="purpose"

                batch
                --cut
                content-disposition: form-data; name="file"; filename="a \\"b\\".jsonl"
                Content-Type: application/octet-stream

                {}

                --cu
                --cut--
                """), TYPE);

        assertThat(form.next()).isEqualTo(new MultipartReader.Part("purpose", null));
        assertThat(form.value("purpose")).isEqualTo("batch");
        assertThat(form.next()).isEqualTo(new MultipartReader.Part("file", "a \"b\".jsonl"));
        assertThat(form.value("file")).isEqualTo("{}\r\n\r\n--cu");
        assertThat(form.next()).isNull();
    }

    @Test
    void partThatNobodyReadsIsLeftOut() throws IOException {
        MultipartReader form = new MultipartReader(lines("""
                --cut
                Content-Disposition: form-data; name=a

                one
                --cut
                Content-Disposition: form-data; name=b


                --cut--"""), "multipart/form-data; boundary=\"cut\"");

        assertThat(form.next()).isNotNull();
        assertThat(form.next()).isEqualTo(new MultipartReader.Part("b", null));
        assertThat(form.value("b")).isEmpty();
        assertThat(form.next()).isNull();
    }

    /** Contents full of what looks like a boundary, in pieces of any size. */
    @Test
    void contentIsWhatWasSentWhateverItHolds() throws IOException {
        long seed = new Random().nextLong();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < 40; round++) {
            List<byte[]> contents = new ArrayList<>();
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            for (int part = random.nextInt(4); part >= 0; part--) {
                byte[] content = content(random);
                contents.add(content);
                body.writeBytes(
                        "--cut\r\nContent-Disposition: form-data; name=\"p\"\r\n\r\n".getBytes(StandardCharsets.UTF_8));
                body.writeBytes(content);
                body.writeBytes(new byte[] {'\r', '\n'});
            }
            body.writeBytes("--cut--\r\n".getBytes(StandardCharsets.UTF_8));

            MultipartReader form = new MultipartReader(new Dripping(body.toByteArray(), random), TYPE);

            for (byte[] content : contents) {
                assertThat(form.next()).isNotNull();
                ByteArrayOutputStream read = new ByteArrayOutputStream();
                form.read(read::write);
                assertThat(read.toByteArray()).isEqualTo(content);
            }
            assertThat(form.next()).isNull();
        }
    }

    private static byte[] content(Random random) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(random.nextInt(3) == 0 ? 60_000 : 40); i > 0; i--) {
            text.append(
                    List.of("\r\n--cu", "\r", "\n", "--", "x", "\r\n--", "cut").get(random.nextInt(7)));
        }
        String content = text.toString();
        while (content.contains("\r\n--cut")) {
            content = content.replace("\r\n--cut", "");
        }
        return content.getBytes(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/json", "multipart/form-data", "multipart/mixed; boundary=cut"})
    void otherContentTypesAreRefused(String type) {
        assertThatThrownBy(() -> new MultipartReader(stream(""), type))
                .isInstanceOf(InvalidArgument.class)
                .hasMessageContaining("expected: multipart/form-data with a boundary");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "--cut",
                "--cut\r\nContent-Disposition: form-data; name=a",
                "--cut\r\n\r\n\r\n--cut--",
                "nothing"
            })
    void formThatIsBrokenIsRefused(String body) {
        assertThatThrownBy(() -> {
                    MultipartReader form = new MultipartReader(stream(body), TYPE);
                    while (form.next() != null) {
                        form.value("a");
                    }
                })
                .isInstanceOf(InvalidArgument.class)
                .hasMessageContaining("form:");
    }

    private static InputStream lines(String text) {
        return stream(text.replace("\n", "\r\n"));
    }

    private static InputStream stream(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Gives what it has in pieces of any size. */
    private static final class Dripping extends InputStream {

        private final ByteArrayInputStream bytes;
        private final Random random;

        private Dripping(byte[] bytes, Random random) {
            this.bytes = new ByteArrayInputStream(bytes);
            this.random = random;
        }

        @Override
        public int read() {
            return bytes.read();
        }

        @Override
        public int read(byte[] target, int offset, int length) {
            return bytes.read(target, offset, Math.min(length, 1 + random.nextInt(3_000)));
        }
    }
}
