package dev.weft.training.runtime.textclassifier;

import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.time.Deadline;
import dev.weft.store.DurableFiles;
import dev.weft.training.runtime.JobFile;
import dev.weft.training.runtime.RuntimeEvent;
import dev.weft.training.runtime.textclassifier.data.DataFile;
import dev.weft.training.runtime.textclassifier.data.Dataset;
import dev.weft.training.runtime.textclassifier.data.LabelledText;
import dev.weft.training.runtime.textclassifier.data.Split;
import dev.weft.training.runtime.textclassifier.head.Evaluation;
import dev.weft.training.runtime.textclassifier.head.HeadTrainer;
import dev.weft.training.runtime.textclassifier.head.Sample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;

/** One training, from the job's folder to the package in it. Used once. */
final class TextClassifier {

    /** Data: what is learned. */
    static final String TRAIN = "train";

    /** Data, optional: what figures are measured on. */
    static final String HELD_OUT = "held_out";

    /** Setting: the folder of the embedding model's package. */
    static final String ENCODER = "encoder";

    private static final String PACKAGE = "package";
    private static final String REPORT = "report.json";

    /** Where the time goes, in percent, measured on two cores: nearly all of it into vectors. */
    private static final double READ = 2;

    private static final double EMBEDDED = 85;
    private static final double TRAINED = 95;

    private final Path folder;
    private final JobFile job;
    private final Options options;
    private final Consumer<RuntimeEvent> events;
    private final Deadline deadline;

    TextClassifier(Path folder, JobFile job, Consumer<RuntimeEvent> events, Deadline deadline) {
        this.folder = folder;
        this.job = job;
        this.events = events;
        this.deadline = deadline;
        options = Options.of(job.parameters());
    }

    /** The embedding model. */
    String model() {
        return options.model();
    }

    void run(Embedder embedder) throws IOException {
        EncoderPackage encoder = EncoderPackage.read(Path.of(setting(ENCODER)), options.variant());
        String trainFile = Optional.ofNullable(job.data().get(TRAIN))
                .orElseThrow(
                        () -> new InvalidArgument("data: no '" + TRAIN + "' (expected: a file of texts and labels)"));
        Dataset data = Dataset.of(trainFile, DataFile.read(folder.resolve(trainFile), options.columns()));
        List<LabelledText> heldOut = heldOut(data);
        tell(data);
        Split split = Split.stratified(
                data, options.validationShare(), options.training().seed());
        progress(READ, data.examples().size() + " examples of " + data.labels().size() + " labels");

        Vectors vectors = vectors(embedder, data.examples(), heldOut);
        List<Sample> validation = samples(split.validation(), vectors, data);
        HeadTrainer.Trained trained = HeadTrainer.train(
                samples(split.training(), vectors, data),
                validation,
                data.labels().size(),
                options.training(),
                this::tell);
        progress(TRAINED, "trained for " + trained.epochs() + " epochs, best " + trained.bestEpoch());

        Report report = new Report(
                job.parameters(),
                data,
                split,
                trained,
                Evaluation.of(trained.head(), validation),
                heldOut.isEmpty()
                        ? Optional.empty()
                        : Optional.of(Evaluation.of(trained.head(), samples(heldOut, vectors, data))));
        Path output = folder.resolve(job.output());
        Files.createDirectories(output);
        PackageWriter.write(encoder, trained.head(), data.labels(), output.resolve(PACKAGE));
        report.write(output.resolve(REPORT));
        DurableFiles.sync(output);
        progress(100, "written");
        events.accept(new RuntimeEvent.Result(PACKAGE, REPORT, report.metrics()));
    }

    private String setting(String name) {
        return Optional.ofNullable(job.settings().get(name))
                .orElseThrow(() -> new InvalidArgument(JobFile.NAME + ": settings: no '" + name + "'"));
    }

    private List<LabelledText> heldOut(Dataset data) {
        String file = job.data().get(HELD_OUT);
        if (file == null) {
            return List.of();
        }
        List<LabelledText> heldOut = data.heldOut(file, DataFile.read(folder.resolve(file), options.columns()));
        List<LabelledText> seen = data.seenBefore(heldOut);
        if (!seen.isEmpty()) {
            warn(file + ": " + seen.size() + " texts are in the training data too, which flatters the figures: "
                    + Dataset.shown(seen.stream()
                            .map(example -> "line " + example.line())
                            .toList()));
        }
        return heldOut;
    }

    private void tell(Dataset data) {
        Dataset.Findings findings = data.findings();
        if (findings.duplicates() > 0) {
            warn(findings.duplicates() + " of " + findings.rows() + " rows come twice; left out");
        }
        if (!findings.contradictions().isEmpty()) {
            warn(findings.contradictions().size() + " texts have several labels; all of their rows are left out: "
                    + Dataset.shown(findings.contradictions()));
        }
    }

    private Vectors vectors(Embedder embedder, List<LabelledText> examples, List<LabelledText> heldOut) {
        List<String> texts = new ArrayList<>();
        examples.forEach(example -> texts.add(example.text()));
        heldOut.forEach(example -> texts.add(example.text()));
        return Vectors.of(
                texts,
                embedder,
                deadline,
                (done, of) ->
                        progress(READ + (EMBEDDED - READ) * done / of, "embedded " + done + " of " + of + " texts"));
    }

    private static List<Sample> samples(List<LabelledText> examples, Vectors vectors, Dataset data) {
        return examples.stream()
                .map(example ->
                        new Sample(vectors.of(example.text()), data.labels().indexOf(example.label())))
                .toList();
    }

    private void tell(HeadTrainer.Epoch epoch) {
        events.accept(new RuntimeEvent.Metric("loss", epoch.loss(), epoch.epoch()));
        events.accept(new RuntimeEvent.Metric("validation_loss", epoch.validationLoss(), epoch.epoch()));
        events.accept(new RuntimeEvent.Metric("validation_accuracy", epoch.validationAccuracy(), epoch.epoch()));
        double share = (double) epoch.epoch() / options.training().epochs();
        progress(
                EMBEDDED + (TRAINED - EMBEDDED) * share,
                String.format(Locale.ROOT, "epoch %d, validation loss %.4f", epoch.epoch(), epoch.validationLoss()));
    }

    private void progress(double percent, String message) {
        events.accept(new RuntimeEvent.Progress(percent, message));
    }

    private void warn(String message) {
        events.accept(new RuntimeEvent.Log(RuntimeEvent.Level.WARNING, message));
    }
}
