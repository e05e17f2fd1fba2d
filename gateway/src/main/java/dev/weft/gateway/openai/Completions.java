package dev.weft.gateway.openai;

import dev.weft.gateway.http.RestCall;
import dev.weft.gateway.http.StreamErrors;
import dev.weft.gateway.openai.AnswerWriter.Usage;
import dev.weft.gateway.openai.GenerationModels.Choice;
import dev.weft.gateway.openai.GenerationModels.Event;
import dev.weft.gateway.openai.GenerationModels.Generation;
import dev.weft.gateway.telemetry.RequestMetrics;
import dev.weft.gateway.usage.Tally;
import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.GrpcFailures;
import jakarta.inject.Singleton;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.StreamingOutput;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Answers both of OpenAI's generation endpoints; blocks its (virtual) thread for as long as that takes. Stateless. */
@Singleton
final class Completions {

    private static final byte[] DONE = "[DONE]".getBytes(StandardCharsets.US_ASCII);

    private final GenerationModels models;
    private final RequestMetrics metrics;

    Completions(GenerationModels models, RequestMetrics metrics) {
        this.models = models;
        this.metrics = metrics;
    }

    /**
     * A request that was read and checked.
     *
     * @param choices all answers, those of the first prompt first
     * @param answersPerPrompt how many answers each prompt has
     */
    record Job(
            AnswerForm form,
            String operation,
            String model,
            List<Choice> choices,
            int answersPerPrompt,
            boolean stream,
            boolean usage) {}

    static String model(@Nullable String model) {
        if (model == null || model.isBlank()) {
            throw new InvalidArgument("model: missing (expected: the name of a model; GET /v1/models lists them)");
        }
        return model;
    }

    /** The response; a failure before its first byte is thrown, and becomes a status. */
    Response answer(Job job, RestCall call) {
        RequestMetrics.Sample sample = metrics.start("openai", job.operation());
        Generation generation = models.generate(job.model(), job.choices(), call);
        boolean streams = false;
        try {
            if (job.stream()) {
                Event first = generation.next();
                streams = true;
                StreamingOutput events = out -> stream(job, generation, first, out, sample, call.tally());
                return Response.ok(events, MediaType.SERVER_SENT_EVENTS)
                        .header(HttpHeaders.CACHE_CONTROL, "no-cache")
                        // nginx would otherwise collect the events
                        .header("X-Accel-Buffering", "no")
                        .build();
            }
            byte[] body = whole(job, generation);
            sample.stop(job.model(), null);
            return Response.ok(body, MediaType.APPLICATION_JSON).build();
        } catch (RuntimeException e) {
            sample.stop(job.model(), GrpcFailures.toFailure(e));
            throw e;
        } finally {
            if (!streams) {
                generation.close();
            }
        }
    }

    private static byte[] whole(Job job, Generation generation) {
        List<StringBuilder> texts =
                job.choices().stream().map(_ -> new StringBuilder()).toList();
        List<ToolCalls> calls = job.choices().stream().map(_ -> new ToolCalls()).toList();
        List<Event.End> ends = new ArrayList<>();
        while (ends.size() < job.choices().size()) {
            switch (generation.next()) {
                case Event.Piece(int index, String text) -> texts.get(index).append(text);
                case Event.Calls(int index, String parts) -> calls.get(index).add(parts);
                case Event.End end -> {
                    texts.get(end.index()).append(end.text());
                    ends.add(end);
                }
            }
        }
        ends.sort(Comparator.comparingInt(Event.End::index));
        return new AnswerWriter(job.form(), job.model(), false)
                .whole(
                        texts.stream().map(StringBuilder::toString).toList(),
                        calls,
                        ends,
                        Usage.of(ends, job.answersPerPrompt()));
    }

    private static void stream(
            Job job, Generation generation, Event first, OutputStream out, RequestMetrics.Sample sample, Tally tally) {
        try (generation) {
            AnswerWriter writer = new AnswerWriter(job.form(), job.model(), job.usage());
            boolean[] begun = new boolean[job.choices().size()];
            List<Event.End> ends = new ArrayList<>();
            Event event = first;
            while (true) {
                switch (event) {
                    case Event.Piece(int index, String text) -> piece(writer, begun, index, text, out);
                    case Event.Calls(int index, String parts) -> {
                        send(out, "", writer.calls(index, parts, !begun[index]));
                        begun[index] = true;
                    }
                    case Event.End end -> {
                        if (!end.text().isEmpty() || !begun[end.index()]) {
                            piece(writer, begun, end.index(), end.text(), out);
                        }
                        send(out, "", writer.piece(end.index(), "", false, end.reason()));
                        ends.add(end);
                    }
                }
                if (ends.size() == begun.length) {
                    break;
                }
                event = generation.next();
            }
            if (job.usage()) {
                send(out, "", writer.usage(Usage.of(ends, job.answersPerPrompt())));
            }
            send(out, "", DONE);
            sample.stop(job.model(), null);
        } catch (IOException _) {
            tally.fail();
            sample.stop(job.model(), new Failure.Cancelled("the client went away"));
        } catch (RuntimeException e) {
            Failure failure = GrpcFailures.toFailure(e);
            tally.fail();
            sample.stop(job.model(), failure);
            tell(failure, out);
        }
    }

    private static void piece(AnswerWriter writer, boolean[] begun, int index, String text, OutputStream out)
            throws IOException {
        send(out, "", writer.piece(index, text, !begun[index], null));
        begun[index] = true;
    }

    /** The status has been sent: the error is an event, and the last one. */
    private static void tell(Failure failure, OutputStream out) {
        try {
            send(out, "event: error\n", StreamErrors.openAi(failure));
        } catch (IOException _) {
            // nobody is there to be told
        }
    }

    private static void send(OutputStream out, String fields, byte[] data) throws IOException {
        out.write((fields + "data: ").getBytes(StandardCharsets.US_ASCII));
        out.write(data);
        out.write("\n\n".getBytes(StandardCharsets.US_ASCII));
        out.flush();
    }

    /** How many answers each prompt has, of so many in all. */
    static int answersPerPrompt(@Nullable Integer n) {
        return n == null ? 1 : n;
    }
}
