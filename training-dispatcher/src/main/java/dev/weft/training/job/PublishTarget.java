package dev.weft.training.job;

import dev.weft.kit.error.Failure.InvalidArgument;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Where a trained model goes.
 *
 * @param model the catalog's name for it
 * @param store the model store's scheme; empty for the dispatcher's default
 * @param metric on held-out data, that decides about promotion; empty when the version is only kept
 * @param margin by how much it must be better than the current version's
 */
public record PublishTarget(String model, Optional<String> store, Optional<String> metric, double margin) {

    private static final Pattern MODEL = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");
    private static final Pattern SCHEME = Pattern.compile("[a-z][a-z0-9]{0,15}");

    public PublishTarget {
        if (!MODEL.matcher(model).matches()) {
            throw new InvalidArgument(
                    "publish.model: '" + model + "' (expected: 1 to 128 of letters, digits, '.', '_', '-')");
        }
        if (store.isPresent() && !SCHEME.matcher(store.get()).matches()) {
            throw new InvalidArgument("publish.store: '" + store.get() + "' (expected: a word such as file or pg)");
        }
        if (!Double.isFinite(margin) || margin < 0) {
            throw new InvalidArgument("publish.margin: " + margin + " (expected: >= 0)");
        }
    }
}
