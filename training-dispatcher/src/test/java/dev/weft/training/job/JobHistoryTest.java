package dev.weft.training.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.kit.error.Failure.InvalidArgument;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class JobHistoryTest {

    private final JobFixture fixture = JobFixture.create();
    private final JobId job = fixture.submit(JobFixture.spec("local", "a")).id();
    private final JobSteps.Held held = fixture.claim("local");

    private void tell(int attempt, RunOutput.Figure... figures) {
        fixture.steps.keep(
                held,
                new RunKey(job, attempt),
                new RunOutput(
                        List.of(), List.of(figures), List.of(), OptionalDouble.empty(), Optional.of("" + attempt)),
                fixture.config.outputLimits());
    }

    private void note(String note) {
        fixture.steps.note(held, fixture.jobs.get(job), note);
    }

    private JobHistory page(JobHistory.After after, int limit) {
        return fixture.journal.history(job, after, limit);
    }

    private static String text(JobHistory.Entry entry) {
        return switch (entry) {
            case JobHistory.Happened(JobEvent event) -> event.message();
            case JobHistory.Measured step -> step.attempt() + "/" + step.step() + " " + step.values();
        };
    }

    private static JobHistory.After after(JobHistory.Entry entry) {
        return switch (entry) {
            case JobHistory.Happened(JobEvent event) -> new JobHistory.AfterEvent(event.number());
            case JobHistory.Measured step -> new JobHistory.AfterMetrics(step.number());
        };
    }

    /** The texts of all entries, read in pages. */
    private List<String> inPagesOf(int limit) {
        List<String> texts = new ArrayList<>();
        JobHistory page = page(new JobHistory.Newest(), limit);
        while (true) {
            page.entries().forEach(entry -> texts.add(text(entry)));
            if (!page.hasMore()) {
                return texts;
            }
            page = page(after(page.entries().getLast()), limit);
        }
    }

    @Test
    void eventsAndStepsAreOneSequenceInAnyPages() {
        note("first");
        tell(1, new RunOutput.Figure(1, "loss", 0.5), new RunOutput.Figure(1, "validation_loss", 0.6));
        tell(1, new RunOutput.Figure(2, "loss", 0.4));
        note("second");
        tell(2, new RunOutput.Figure(1, "loss", 0.7));
        // Comes late, and belongs to a step that was measured before.
        tell(1, new RunOutput.Figure(2, "validation_loss", 0.5));

        List<String> all = List.of(
                "2/1 {loss=0.7}",
                "second",
                "1/2 {loss=0.4, validation_loss=0.5}",
                "1/1 {loss=0.5, validation_loss=0.6}",
                "first",
                "submitted for local");
        for (int limit = 1; limit <= all.size() + 1; limit++) {
            assertThat(inPagesOf(limit)).as("pages of " + limit).isEqualTo(all);
        }
    }

    @Test
    void entriesOfOneTimeAreEachToldOnce() {
        note("first");
        tell(1, new RunOutput.Figure(1, "loss", 0.5), new RunOutput.Figure(2, "loss", 0.4));
        for (String table : List.of("training_event", "training_metric")) {
            fixture.update("UPDATE " + table + " SET at = '2026-01-01T00:00:00Z'");
        }

        assertThat(inPagesOf(1))
                .containsExactlyElementsOf(Stream.of("1/2 {loss=0.4}", "1/1 {loss=0.5}", "first", "submitted for local")
                        .toList());
    }

    @Test
    void whatComesMeanwhileChangesNoPageThatFollows() {
        tell(1, new RunOutput.Figure(1, "loss", 0.5));
        JobHistory first = page(new JobHistory.Newest(), 1);

        note("news");

        assertThat(first.entries())
                .singleElement()
                .isInstanceOfSatisfying(JobHistory.Measured.class, step -> assertThat(step.values())
                        .isEqualTo(Map.of("loss", 0.5)));
        assertThat(page(after(first.entries().getFirst()), 10).entries())
                .extracting(JobHistoryTest::text)
                .containsExactly("submitted for local");
    }

    @Test
    void nothingIsBehindAnEntryThatThereIsNot() {
        assertThat(page(new JobHistory.AfterEvent(9), 10)).isEqualTo(new JobHistory(List.of(), false));
        assertThat(page(new JobHistory.AfterMetrics(1), 10)).isEqualTo(new JobHistory(List.of(), false));
        assertThatThrownBy(() -> page(new JobHistory.Newest(), 1001)).isInstanceOf(InvalidArgument.class);
    }
}
