package dev.weft.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.kit.error.Failure.Internal;
import dev.weft.kit.error.Failure.TooLarge;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MessageReaderTest {

    private static Buffer body(int compressed, byte[] message) {
        return Buffer.buffer()
                .appendByte((byte) compressed)
                .appendInt(message.length)
                .appendBytes(message);
    }

    private static void take(MessageReader reader, int atMost, List<byte[]> found) {
        for (int i = 0; i < atMost; i++) {
            byte[] message = reader.next();
            if (message != null) {
                found.add(message);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void messagesAreFoundHoweverTheBytesAreCut(long seed) {
        Random random = new Random(seed);
        List<byte[]> messages = new ArrayList<>();
        Buffer body = Buffer.buffer();
        for (int i = 0; i < 200; i++) {
            byte[] message = new byte[random.nextInt(2_000)];
            random.nextBytes(message);
            messages.add(message);
            body.appendBuffer(body(0, message));
        }

        MessageReader reader = new MessageReader(2_000);
        List<byte[]> found = new ArrayList<>();
        for (int from = 0; from < body.length(); ) {
            int to = Math.min(body.length(), from + 1 + random.nextInt(3_000));
            reader.append(body.getBuffer(from, to));
            from = to;
            // Some are left for later, as a slow reader leaves them.
            take(reader, random.nextInt(4), found);
        }
        take(reader, messages.size(), found);

        assertThat(found).hasSize(messages.size());
        for (int i = 0; i < found.size(); i++) {
            assertThat(found.get(i)).isEqualTo(messages.get(i));
        }
        assertThat(reader.buffered()).isZero();
    }

    @Test
    void messageOverTheLimitIsRefusedBeforeItHasCome() {
        MessageReader reader = new MessageReader(100);

        assertThatThrownBy(() -> reader.append(body(0, new byte[101]).getBuffer(0, 5)))
                .isInstanceOf(TooLarge.class)
                .hasMessageContaining("101 bytes (expected: at most 100");
    }

    @Test
    void compressedMessageIsRefused() {
        MessageReader reader = new MessageReader(100);

        assertThatThrownBy(() -> reader.append(body(1, new byte[3]))).isInstanceOf(Internal.class);
    }
}
