package dev.weft.inference.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TensorsTest {

    @Test
    void whatIsJoinedComesApartAgain() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 200; round++) {
            int width = random.nextInt(1, 5);
            List<Tensor> parts = new ArrayList<>();
            int[] lengths = new int[random.nextInt(1, 6)];
            for (int i = 0; i < lengths.length; i++) {
                lengths[i] = random.nextInt(4);
                parts.add(numbers(random, lengths[i], width));
            }

            List<Tensor> again = Tensors.split(Tensors.join(parts), lengths);

            assertThat(again).as("seed %d", seed).isEqualTo(parts);
        }
    }

    private static Tensor numbers(Random random, int rows, int width) {
        ByteBuffer data = ByteBuffer.allocate(rows * width * 2).order(ByteOrder.LITTLE_ENDIAN);
        random.nextBytes(data.array());
        return new Tensor.Numbers("X", DataType.INT16, Shape.of(rows, width), data);
    }

    @Test
    void stringsAreJoinedAndSplitToo() {
        byte[] card = {1};
        byte[] loan = {2};
        byte[] rent = {3};
        Tensor joined = Tensors.join(List.of(
                new Tensor.Strings("T", Shape.of(1), List.of(card)),
                new Tensor.Strings("T", Shape.of(2), List.of(loan, rent))));

        assertThat(((Tensor.Strings) joined).elements()).containsExactly(card, loan, rent);
        assertThat(((Tensor.Strings) Tensors.split(joined, 2, 1).get(1)).elements())
                .containsExactly(rent);
    }

    @Test
    void lengthsThatDoNotAddUpAreRefused() {
        Tensor whole = numbers(new Random(1), 3, 2);

        assertThatThrownBy(() -> Tensors.split(whole, 1, 1)).hasMessage("shape [3, 2] for 2 rows");
    }
}
