package dev.weft.inference.modelpackage;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.core.type.TypeReference;
import dev.weft.inference.modelpackage.Task.Activation;
import dev.weft.inference.modelpackage.Task.Pooling;
import dev.weft.inference.modelpackage.Task.RawTensors;
import dev.weft.inference.modelpackage.Task.Reranking;
import dev.weft.inference.modelpackage.Task.SentenceEmbedding;
import dev.weft.inference.modelpackage.Task.TextClassification;
import dev.weft.inference.modelpackage.Task.TextLimits;
import dev.weft.inference.modelpackage.Task.TokenClassification;
import dev.weft.kit.error.Failure.FailedPrecondition;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Decides a package's task from the files that Hugging Face repositories carry; {@code weft.json} has the last word. */
final class TaskDetection {

    private static final Logger LOG = Logger.getLogger(TaskDetection.class);

    /** BERT's own length; used when no file of the package names one. */
    private static final int DEFAULT_MAX_TOKENS = 512;

    private final Path folder;
    private final HubFiles.Overrides overrides;
    private final HubFiles.@Nullable Config config;
    private final @Nullable List<HubFiles.Module> modules;

    TaskDetection(Path folder, HubFiles.Overrides overrides) {
        this.folder = folder;
        this.overrides = overrides;
        this.config = ModelPackageReader.readJson(folder.resolve("config.json"), new TypeReference<>() {});
        this.modules = ModelPackageReader.readJson(folder.resolve("modules.json"), new TypeReference<>() {});
    }

    Task detect() {
        String task = requireNonNullElse(overrides.task(), detectedName());
        return switch (task) {
            case "sentence-embedding" -> sentenceEmbedding();
            case "text-classification" -> textClassification();
            case "token-classification" -> tokenClassification();
            case "reranking" -> reranking();
            case "text-generation" -> {
                requireTokenizer();
                yield new TextGenerationDetection(folder, overrides).detect();
            }
            case "tensors" -> new RawTensors();
            default ->
                throw new FailedPrecondition("weft.json: task: '" + task + "' (expected: one of [sentence-embedding,"
                        + " text-classification, token-classification, reranking, text-generation, tensors])");
        };
    }

    private String detectedName() {
        if (!Files.isRegularFile(folder.resolve("tokenizer.json"))) {
            return "tensors";
        }
        if (modules != null || Files.isDirectory(folder.resolve("1_Pooling"))) {
            return "sentence-embedding";
        }
        String architecture = architecture();
        if (architecture.endsWith("ForSequenceClassification")) {
            // A cross-encoder is exported as a classifier of one label; a classifier would have nothing to choose from.
            return labelCount() == 1 ? "reranking" : "text-classification";
        }
        if (TextGenerationDetection.isDecoder(architecture)) {
            return "text-generation";
        }
        if (architecture.endsWith("ForTokenClassification")) {
            return "token-classification";
        }
        // Bare encoders (BertModel, XLMRobertaModel, …) are how embedding models are exported without
        // sentence-transformers' files.
        return architecture.endsWith("Model") ? "sentence-embedding" : "tensors";
    }

    private String architecture() {
        if (config == null
                || config.architectures() == null
                || config.architectures().isEmpty()) {
            return "";
        }
        return config.architectures().getFirst();
    }

    private SentenceEmbedding sentenceEmbedding() {
        requireTokenizer();
        boolean normalizes = modules == null || modules.stream().anyMatch(module -> isType(module, "Normalize"));
        if (modules != null) {
            for (HubFiles.Module module : modules) {
                if (Stream.of("Transformer", "Pooling", "Normalize").noneMatch(known -> isType(module, known))) {
                    throw new FailedPrecondition("modules.json: module '" + module.type()
                            + "' (expected: Transformer, Pooling and Normalize only)");
                }
            }
        }
        return new SentenceEmbedding(
                limits(),
                requireNonNullElse(overrides.pooling(), pooling()),
                requireNonNullElse(overrides.normalize(), normalizes));
    }

    private static boolean isType(HubFiles.Module module, String name) {
        return module.type() != null && module.type().endsWith("." + name);
    }

    private Pooling pooling() {
        HubFiles.PoolingConfig pooling = ModelPackageReader.readJson(
                folder.resolve("1_Pooling").resolve("config.json"), new TypeReference<>() {});
        if (pooling == null) {
            if (overrides.pooling() == null) {
                LOG.infof("%s: no 1_Pooling/config.json, so token vectors are averaged", folder.getFileName());
            }
            return Pooling.MEAN;
        }
        if (pooling.max() || pooling.meanSqrt() || pooling.weightedMean()) {
            throw new FailedPrecondition("1_Pooling/config.json: max, mean_sqrt_len or weightedmean"
                    + " (expected: pooling_mode_mean_tokens, _cls_token or _lasttoken)");
        }
        List<Pooling> chosen = Stream.of(
                        pooling.mean() ? Pooling.MEAN : null,
                        pooling.cls() ? Pooling.CLS : null,
                        pooling.lastToken() ? Pooling.LAST_TOKEN : null)
                .filter(mode -> mode != null)
                .toList();
        if (chosen.size() != 1) {
            throw new FailedPrecondition("1_Pooling/config.json: " + chosen + " (expected: exactly one pooling mode)");
        }
        return chosen.getFirst();
    }

    private TextClassification textClassification() {
        requireTokenizer();
        List<String> labels = overrides.labels() != null ? overrides.labels() : labels();
        boolean independent =
                labels.size() == 1 || (config != null && "multi_label_classification".equals(config.problemType()));
        Activation detected = independent ? Activation.SIGMOID : Activation.SOFTMAX;
        return new TextClassification(limits(), labels, requireNonNullElse(overrides.activation(), detected));
    }

    private TokenClassification tokenClassification() {
        requireTokenizer();
        return new TokenClassification(limits(), overrides.labels() != null ? overrides.labels() : labels());
    }

    private Reranking reranking() {
        requireTokenizer();
        if (labelCount() > 0) {
            labels(); // not needed, but a malformed file is said to be so
        }
        return new Reranking(limits(), requireNonNullElse(overrides.activation(), Activation.SIGMOID));
    }

    private int labelCount() {
        if (overrides.labels() != null) {
            return overrides.labels().size();
        }
        return config == null || config.labels() == null ? 0 : config.labels().size();
    }

    private List<String> labels() {
        Map<String, String> labels = config == null ? null : config.labels();
        if (labels == null || labels.isEmpty()) {
            throw new FailedPrecondition("config.json: no id2label (expected: a label for each logit)");
        }
        List<Integer> ids;
        try {
            ids = labels.keySet().stream()
                    .map(Integer::valueOf)
                    .sorted(Comparator.naturalOrder())
                    .toList();
        } catch (NumberFormatException _) {
            throw new FailedPrecondition("config.json: id2label: keys " + labels.keySet() + " (expected: 0, 1, 2, …)");
        }
        if (!ids.equals(IntStream.range(0, labels.size()).boxed().toList())) {
            throw new FailedPrecondition(
                    "config.json: id2label: keys " + ids + " (expected: 0 to " + (labels.size() - 1) + ")");
        }
        return ids.stream().map(id -> labels.get(Integer.toString(id))).toList();
    }

    private void requireTokenizer() {
        if (!Files.isRegularFile(folder.resolve("tokenizer.json"))) {
            throw new FailedPrecondition(
                    "no tokenizer.json (expected for a text model; weft.json may say task: tensors)");
        }
    }

    /** The smallest length that any file names: the tokenizer may promise more than the graph has positions for. */
    private TextLimits limits() {
        HubFiles.SentenceTransformerConfig sentence =
                ModelPackageReader.readJson(folder.resolve("sentence_bert_config.json"), new TypeReference<>() {});
        HubFiles.TokenizerConfig tokenizer =
                ModelPackageReader.readJson(folder.resolve("tokenizer_config.json"), new TypeReference<>() {});
        int limit = Integer.MAX_VALUE;
        if (sentence != null && sentence.maxLength() != null) {
            limit = sentence.maxLength();
        }
        if (tokenizer != null && tokenizer.maxLength() != null) {
            limit = (int) Math.min(limit, tokenizer.maxLength());
        }
        if (config != null && config.maxPositions() != null) {
            limit = Math.min(limit, usablePositions(config));
        }
        if (limit == Integer.MAX_VALUE) {
            limit = DEFAULT_MAX_TOKENS;
        }
        int maxTokens = requireNonNullElse(overrides.maxTokens(), limit);
        if (maxTokens < 1) {
            throw new FailedPrecondition("max_tokens: " + maxTokens + " (expected: >= 1)");
        }
        OptionalInt vocabulary = config == null || config.vocabularySize() == null
                ? OptionalInt.empty()
                : OptionalInt.of(config.vocabularySize());
        int padTokenId = config == null ? 0 : requireNonNullElse(config.padTokenId(), 0);
        return new TextLimits(maxTokens, vocabulary, padTokenId);
    }

    /** RoBERTa and its kin count positions from the padding id + 1 = 2, so two of them are never used. */
    private static int usablePositions(HubFiles.Config config) {
        int positions = requireNonNullElse(config.maxPositions(), DEFAULT_MAX_TOKENS);
        String type = requireNonNullElse(config.modelType(), "");
        return type.contains("roberta") || type.equals("camembert") || type.equals("mpnet") ? positions - 2 : positions;
    }
}
