package dev.weft.gateway.training;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.protocol.training.v1.Parameter;
import dev.weft.protocol.training.v1.Runtime;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * OpenAI's hyperparameters as parameters of a runtime. Those that OpenAI knows go to the parameter of the same meaning, all others to the one of their
 * name. Used once; not thread-safe.
 */
final class Hyperparameters {

    /** OpenAI's names. */
    static final String EPOCHS = "n_epochs";

    static final String BATCH_SIZE = "batch_size";
    static final String MULTIPLIER = "learning_rate_multiplier";

    /** The parameter for the model that is tuned. */
    static final String MODEL = "model";

    static final String SEED = "seed";

    /** What Weft's own runtimes call it. */
    static final String OWN_EPOCHS = "epochs";

    private static final String LEARNING_RATE = "learning_rate";
    private static final String AUTO = "auto";

    private final Map<String, Parameter> known;
    private final String runtime;
    private final ObjectNode parameters = JsonNodeFactory.instance.objectNode();

    private Hyperparameters(Runtime runtime) {
        this.runtime = runtime.getName();
        this.known = runtime.getParametersList().stream()
                .collect(Collectors.toMap(Parameter::getName, parameter -> parameter, (one, _) -> one, TreeMap::new));
    }

    /**
     * What a job of the runtime gets.
     *
     * @throws InvalidArgument when the runtime has no parameter for something that the order says
     */
    static ObjectNode parameters(FineTuningOrder order, Runtime runtime) {
        Hyperparameters chosen = new Hyperparameters(runtime);
        if (!chosen.known.containsKey(MODEL)) {
            throw new InvalidArgument(
                    "model: the runtime " + runtime.getName()
                            + " has no parameter of that name (expected: a runtime that tunes one, as weft.gateway.training.fine-tuning-runtime)");
        }
        chosen.parameters.put(MODEL, order.model());
        if (order.seed() != null) {
            if (!chosen.known.containsKey(SEED)) {
                throw new InvalidArgument("seed: " + order.seed() + " (expected: none; the runtime " + runtime.getName()
                        + " takes none)");
            }
            chosen.parameters.put(SEED, order.seed());
        }
        order.hyperparameters().properties().forEach(entry -> chosen.add(entry.getKey(), entry.getValue()));
        return chosen.parameters;
    }

    /** By how much the learning rate is multiplied; empty when the order leaves it to the runtime. */
    static Optional<Double> multiplier(FineTuningOrder order) {
        JsonNode value = order.hyperparameters().path(MULTIPLIER);
        return value.isNumber() ? Optional.of(value.doubleValue()) : Optional.empty();
    }

    private void add(String name, JsonNode value) {
        if (value.isNull()) {
            return;
        }
        switch (name) {
            case EPOCHS, BATCH_SIZE, MULTIPLIER -> addNumber(name, value);
            case MODEL, SEED ->
                throw new InvalidArgument(field(name) + ": not there (expected: the request's own field " + name + ")");
            default -> set(name, name, value);
        }
    }

    private void addNumber(String name, JsonNode value) {
        if (value.isTextual() && value.textValue().equals(AUTO)) {
            return;
        }
        if (!value.isNumber()) {
            throw new InvalidArgument(field(name) + ": " + value + " (expected: a number, or \"" + AUTO + "\")");
        }
        if (name.equals(EPOCHS) && !known.containsKey(EPOCHS)) {
            set(name, OWN_EPOCHS, value);
        } else if (name.equals(MULTIPLIER) && !known.containsKey(MULTIPLIER)) {
            Parameter rate = known.get(LEARNING_RATE);
            if (rate == null || !rate.getDefaultValue().hasNumberValue()) {
                throw unknown(name);
            }
            set(
                    name,
                    LEARNING_RATE,
                    JsonNodeFactory.instance.numberNode(rate.getDefaultValue().getNumberValue() * value.doubleValue()));
        } else {
            set(name, name, value);
        }
    }

    private void set(String name, String parameter, JsonNode value) {
        if (!known.containsKey(parameter)) {
            throw unknown(name);
        }
        if (parameters.has(parameter)) {
            throw new InvalidArgument(field(name) + ": " + parameter + " is chosen already (expected: one of " + name
                    + ", " + parameter + ")");
        }
        parameters.set(parameter, value);
    }

    private InvalidArgument unknown(String name) {
        TreeSet<String> names = new TreeSet<>(known.keySet());
        names.remove(MODEL);
        names.remove(SEED);
        if (names.contains(OWN_EPOCHS)) {
            names.add(EPOCHS);
        }
        if (names.contains(LEARNING_RATE)) {
            names.add(MULTIPLIER);
        }
        return new InvalidArgument(
                field(name) + ": unknown to the runtime " + runtime + " (expected: one of " + names + ")");
    }

    private static String field(String name) {
        return "hyperparameters." + name;
    }
}
