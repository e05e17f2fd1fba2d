package dev.weft.inference.batching;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.inference.batching.RowQueue.Taken;
import dev.weft.kit.time.Deadline;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RowQueueTest {

    private record Text(String owner, int number, int length) implements Row {}

    private static List<Job<Text>> noJobs() {
        return new ArrayList<>();
    }

    private static Job<Text> job(String owner, Priority priority, int... lengths) {
        List<Text> rows = IntStream.range(0, lengths.length)
                .mapToObj(i -> new Text(owner, i, lengths[i]))
                .toList();
        return new Job<>(rows, priority, Deadline.after(Duration.ofMinutes(1)), 0);
    }

    private static List<List<Taken<Text>>> takeAll(RowQueue<Text> queue) {
        List<List<Taken<Text>>> batches = new ArrayList<>();
        while (queue.rows() > 0) {
            batches.add(queue.take(Long.MAX_VALUE / 2, Long.MAX_VALUE));
        }
        return batches;
    }

    private static List<String> owners(List<Taken<Text>> batch) {
        return batch.stream().map(taken -> taken.row().owner()).toList();
    }

    @Test
    void everyRowIsTakenOnceAndEveryBatchKeepsTheLimits() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 300; round++) {
            BatchLimits limits = new BatchLimits(random.nextInt(1, 9), random.nextInt(1, 60), random.nextInt(6));
            RowQueue<Text> queue = new RowQueue<>(limits);
            int expected = 0;
            for (int i = random.nextInt(1, 20); i > 0; i--) {
                int[] lengths = random.ints(random.nextInt(1, 12), 1, 30).toArray();
                queue.add(job("job " + i, random.nextBoolean() ? Priority.INTERACTIVE : Priority.BATCH, lengths), 0);
                expected += lengths.length;
            }
            assertThat(queue.rows()).isEqualTo(expected);

            List<Text> seen = new ArrayList<>();
            for (List<Taken<Text>> batch : takeAll(queue)) {
                List<Text> rows = batch.stream().map(Taken::row).toList();
                int width = rows.stream().mapToInt(Text::length).max().orElseThrow();
                long tokens = rows.stream().mapToInt(Text::length).sum();
                assertThat(rows.size() == 1 || limits.allow(rows.size(), width, tokens))
                        .as("seed %d: %s within %s", seed, rows, limits)
                        .isTrue();
                seen.addAll(rows);
            }

            assertThat(seen).as("seed %d", seed).hasSize(expected).doesNotHaveDuplicates();
            assertThat(queue.rows()).isZero();
            assertThat(queue.tokensBefore(Priority.BATCH)).isZero();
        }
    }

    @Test
    void rowsOfSimilarLengthShareABatch() {
        RowQueue<Text> queue = new RowQueue<>(new BatchLimits(8, 1000, 4));
        queue.add(job("short", Priority.INTERACTIVE, 10), 0);
        queue.add(job("long", Priority.INTERACTIVE, 200), 0);
        queue.add(job("also short", Priority.INTERACTIVE, 12), 0);
        queue.add(job("also long", Priority.INTERACTIVE, 203), 0);

        assertThat(owners(queue.take(0, Long.MAX_VALUE))).containsExactly("short", "also short");
        assertThat(owners(queue.take(0, Long.MAX_VALUE))).containsExactly("long", "also long");
    }

    @Test
    void requestsTakeTurnsSoThatALargeOneHoldsUpNobody() {
        RowQueue<Text> queue = new RowQueue<>(BatchLimits.single());
        queue.add(job("large", Priority.INTERACTIVE, new int[10_000]), 0);
        queue.take(0, Long.MAX_VALUE);
        queue.add(job("single", Priority.INTERACTIVE, 5), 0);

        List<String> next = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            next.addAll(owners(queue.take(0, Long.MAX_VALUE)));
        }

        assertThat(next).contains("single");
    }

    @Test
    void interactiveRowsComeFirstAndBatchRowsNeverStandStill() {
        RowQueue<Text> queue = new RowQueue<>(BatchLimits.single());
        queue.add(job("background", Priority.BATCH, new int[100]), 0);
        queue.add(job("somebody waits", Priority.INTERACTIVE, new int[320]), 0);

        Map<String, Integer> taken = new HashMap<>();
        for (int i = 0; i < 320; i++) {
            owners(queue.take(0, Long.MAX_VALUE)).forEach(owner -> taken.merge(owner, 1, Integer::sum));
        }

        assertThat(taken).containsEntry("background", 20).containsEntry("somebody waits", 300);
    }

    @Test
    void batchRunsAreShortWhileInteractiveRowsCome() {
        RowQueue<Text> queue = new RowQueue<>(new BatchLimits(64, 400, 0));
        int[] lengths = new int[100];
        java.util.Arrays.fill(lengths, 10);
        queue.add(job("background", Priority.BATCH, lengths), 0);

        assertThat(queue.take(0, Long.MAX_VALUE)).as("nobody else").hasSize(40);

        queue.add(job("somebody waits", Priority.INTERACTIVE, 10), 1);
        queue.take(1, Long.MAX_VALUE);
        assertThat(queue.take(2, Long.MAX_VALUE)).as("just after").hasSize(10);
        assertThat(queue.take(Duration.ofSeconds(2).toNanos(), Long.MAX_VALUE))
                .as("later")
                .hasSize(40);
    }

    @Test
    void longBatchRowsArePassedOverWhereRunsMustBeShort() {
        RowQueue<Text> queue = new RowQueue<>(new BatchLimits(64, 400, 0));
        queue.add(job("long", Priority.BATCH, 100, 10), 0);
        queue.add(job("short", Priority.BATCH, 10, 10, 10, 10), 0);
        queue.add(job("longer", Priority.BATCH, 200), 0);

        assertThat(owners(queue.take(0, 30))).containsExactly("short", "short", "short");
        assertThat(owners(queue.take(0, 5))).isEmpty();
        assertThat(owners(queue.take(0, 0))).isEmpty();
        assertThat(owners(queue.take(0, 30))).containsExactly("short");
        assertThat(owners(queue.take(0, Long.MAX_VALUE))).containsExactly("long");
        assertThat(queue.rows()).isEqualTo(2);

        queue.add(job("somebody waits", Priority.INTERACTIVE, 300), 0);
        assertThat(queue.interactiveRows()).isEqualTo(1);
        assertThat(owners(queue.take(0, 0))).containsExactly("somebody waits");
    }

    @Test
    void interactiveRowsAreLikelyForAQuarterOfASecond() {
        RowQueue<Text> queue = new RowQueue<>(BatchLimits.single());
        assertThat(queue.isInteractiveLikely(0)).isFalse();

        queue.add(job("somebody waits", Priority.INTERACTIVE, 1), 1_000);

        assertThat(queue.isInteractiveLikely(Duration.ofMillis(249).toNanos())).isTrue();
        assertThat(queue.isInteractiveLikely(Duration.ofMillis(251).toNanos())).isFalse();
    }

    @Test
    void droppedRowsAreNotTaken() {
        RowQueue<Text> queue = new RowQueue<>(BatchLimits.single());
        List<Job<Text>> jobs = noJobs();
        for (int i = 0; i < 3; i++) {
            jobs.add(job("job " + i, Priority.INTERACTIVE, 1, 2));
            queue.add(jobs.get(i), 0);
        }

        queue.drop(jobs.get(1));

        assertThat(queue.rows()).isEqualTo(4);
        assertThat(queue.tokensBefore(Priority.BATCH)).isEqualTo(6);
        List<String> left = new ArrayList<>();
        for (List<Taken<Text>> batch : takeAll(queue)) {
            left.addAll(owners(batch));
        }
        assertThat(left).containsExactly("job 0", "job 2", "job 0", "job 2");
    }
}
