package dev.weft.gateway.upstream;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.weft.gateway.classify.ClassificationModels;
import dev.weft.gateway.http.RestCall;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.Internal;
import dev.weft.kit.error.Failure.InvalidArgument;
import io.quarkus.runtime.annotations.RegisterForReflection;
import jakarta.inject.Singleton;
import java.util.List;

/** Classification by V2's text models of inference-service. */
@Singleton
final class GrpcClassificationModels implements ClassificationModels {

    private static final String TEXT_TASK = "text-classification";
    private static final String TOKEN_TASK = "token-classification";
    private static final String TEXT = "TEXT";
    private static final String LABEL = "LABEL";
    private static final String SCORES = "SCORES";
    private static final String ENTITIES = "ENTITIES";
    private static final String TOKEN_COUNT = "TOKEN_COUNT";

    private static final ObjectReader ENTITY_ROW =
            JsonMapper.builder().build().readerFor(new TypeReference<List<WireEntity>>() {});

    private final InferenceUpstream upstream;
    private final ModelDescriptions descriptions;

    GrpcClassificationModels(InferenceUpstream upstream, ModelDescriptions descriptions) {
        this.upstream = upstream;
        this.descriptions = descriptions;
    }

    @Override
    public Classification classify(String model, List<String> texts, boolean truncate, RestCall call) {
        ModelDescription description = descriptions.of(model, call);
        description.requireTask(TEXT_TASK, TOKEN_TASK);
        try {
            return ask(description, texts, truncate, call);
        } catch (InvalidArgument e) {
            // A model that has just been replaced by one of another task is refused for the tensors of this one.
            ModelDescription current = descriptions.current(model, call);
            current.requireTask(TEXT_TASK, TOKEN_TASK);
            if (!current.task().equals(description.task())) {
                return ask(current, texts, truncate, call);
            }
            throw TensorWriter.renamed(e, TEXT, "input");
        }
    }

    private Classification ask(ModelDescription description, List<String> texts, boolean truncate, RestCall call) {
        TensorWriter request = new TensorWriter(description.model())
                .texts(TEXT, texts)
                .output(TOKEN_COUNT)
                .truncate(truncate);
        boolean ofTokens = description.task().equals(TOKEN_TASK);
        if (ofTokens) {
            request.output(ENTITIES);
        } else {
            request.output(LABEL).output(SCORES);
        }
        TensorReader answer = new TensorReader(upstream.infer(call, request.build()));
        return ofTokens ? named(answer, texts.size()) : labelled(description, answer, texts.size(), call);
    }

    private Classification.Labelled labelled(
            ModelDescription description, TensorReader answer, int rows, RestCall call) {
        TensorReader.Matrix scores = answer.finiteMatrix(SCORES);
        List<String> best = answer.strings(LABEL);
        requireRows(scores.rows(), rows);
        requireRows(best.size(), rows);
        List<String> labels = description.labels();
        if (!fit(labels, scores, best)) {
            // Another version has answered than the one whose labels are remembered: of a split, or since they were.
            labels = descriptions.current(answer.answeredBy(), call).labels();
        }
        if (!fit(labels, scores, best)) {
            throw new FailedPrecondition("model '" + description.model() + "': its metadata names " + labels.size()
                    + " labels, its answer has " + scores.columns()
                    + " scores (expected: the same labels in both; a list with commas between cannot name a label that"
                    + " has one)");
        }
        return new Classification.Labelled(labels, scores.values(), answer.sum(TOKEN_COUNT));
    }

    /** True when the labels can be those of the scores: as many, and in each row the best score is of the best label. */
    private static boolean fit(List<String> labels, TensorReader.Matrix scores, List<String> best) {
        if (labels.size() != scores.columns()) {
            return false;
        }
        for (int row = 0; row < best.size(); row++) {
            int first = row * scores.columns();
            int column = 0;
            for (int i = 1; i < scores.columns(); i++) {
                column = scores.values()[first + i] > scores.values()[first + column] ? i : column;
            }
            if (!labels.get(column).equals(best.get(row))) {
                return false;
            }
        }
        return true;
    }

    private static Classification.Named named(TensorReader answer, int rows) {
        List<String> arrays = answer.strings(ENTITIES);
        requireRows(arrays.size(), rows);
        return new Classification.Named(
                arrays.stream().map(GrpcClassificationModels::entities).toList(), answer.sum(TOKEN_COUNT));
    }

    private static List<Entity> entities(String array) {
        try {
            List<WireEntity> entities = ENTITY_ROW.readValue(array);
            return entities.stream().map(WireEntity::entity).toList();
        } catch (JsonProcessingException e) {
            throw new Internal("inference-service answered entities that are none: " + e.getOriginalMessage(), e);
        }
    }

    private static void requireRows(int rows, int expected) {
        if (rows != expected) {
            throw new Internal("inference-service answered " + rows + " rows (expected: " + expected + ")", null);
        }
    }

    /** An entity as inference-service writes it, which is how Hugging Face's pipelines do. */
    @RegisterForReflection
    @JsonIgnoreProperties(ignoreUnknown = true)
    record WireEntity(@JsonProperty("entity_group") String group, float score, String word, int start, int end) {
        Entity entity() {
            return new Entity(group, score, word, start, end);
        }
    }
}
