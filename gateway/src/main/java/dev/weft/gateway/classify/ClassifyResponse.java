package dev.weft.gateway.classify;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.weft.gateway.classify.ClassificationModels.Classification;
import dev.weft.gateway.classify.ClassificationModels.Entity;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The answer: for each text its labels, or the entities that it names. */
@RegisterForReflection
record ClassifyResponse(String model, List<Result> results, Usage usage) {

    static ClassifyResponse of(ClassifyRequest request, Classification classification) {
        List<Result> results =
                switch (classification) {
                    case Classification.Labelled labelled ->
                        IntStream.range(0, labelled.rows())
                                .mapToObj(row -> labelled(row, labelled, request.topK()))
                                .toList();
                    case Classification.Named named ->
                        IntStream.range(0, named.rows().size())
                                .mapToObj(row -> new Result(
                                        row,
                                        null,
                                        null,
                                        null,
                                        found(named.rows().get(row))))
                                .toList();
                };
        return new ClassifyResponse(request.model(), results, new Usage(classification.tokens()));
    }

    /** The best labels first; of two that are as good, the one that the model has first. */
    private static Result labelled(int row, Classification.Labelled labelled, @Nullable Integer topK) {
        int count = labelled.labels().size();
        List<LabelScore> scores = IntStream.range(0, count)
                .mapToObj(label -> new LabelScore(labelled.labels().get(label), labelled.scores()[row * count + label]))
                .sorted(Comparator.comparing(LabelScore::score).reversed())
                .limit(topK == null ? count : topK)
                .toList();
        LabelScore best = scores.getFirst();
        return new Result(row, best.label(), best.score(), scores, null);
    }

    private static List<FoundEntity> found(List<Entity> entities) {
        return entities.stream()
                .map(entity ->
                        new FoundEntity(entity.group(), entity.score(), entity.word(), entity.start(), entity.end()))
                .toList();
    }

    @RegisterForReflection
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Result(
            int index,
            @Nullable String label,
            @Nullable Float score,
            @Nullable List<LabelScore> scores,
            @Nullable List<FoundEntity> entities) {}

    @RegisterForReflection
    record LabelScore(String label, float score) {}

    /** Named as Hugging Face's pipelines name it. */
    @RegisterForReflection
    record FoundEntity(
            @JsonProperty("entity_group") String entityGroup, float score, String word, int start, int end) {}

    @RegisterForReflection
    record Usage(long tokens) {}
}
