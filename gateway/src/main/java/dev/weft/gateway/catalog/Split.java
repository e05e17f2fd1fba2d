package dev.weft.gateway.catalog;

import dev.weft.kit.error.Failure.InvalidArgument;
import io.quarkus.runtime.annotations.RegisterForReflection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A version's part of an alias.
 *
 * @param percent 1 to 100
 */
@RegisterForReflection
public record Split(long version, int percent) {

    private static final int WHOLE = 100;
    private static final int MOST = 10;

    public Split {
        if (version < 1) {
            throw new InvalidArgument("splits.version: " + version + " (expected: a version's number, from 1)");
        }
        if (percent < 1 || percent > WHOLE) {
            throw new InvalidArgument("splits.percent: " + percent + " (expected: 1 to 100)");
        }
    }

    /** All of the requests to one version. */
    public static List<Split> all(long version) {
        return List.of(new Split(version, WHOLE));
    }

    /**
     * The splits, if they make a whole.
     *
     * @throws InvalidArgument when they do not, or name a version twice
     */
    static List<Split> requireWhole(List<Split> splits) {
        Set<Long> versions = new HashSet<>();
        int sum = 0;
        for (Split split : splits) {
            sum += split.percent();
            if (!versions.add(split.version())) {
                throw new InvalidArgument("splits: version " + split.version() + " twice (expected: once)");
            }
        }
        if (sum != WHOLE || splits.size() > MOST) {
            throw new InvalidArgument("splits: " + splits.size() + " with " + sum
                    + " percent together (expected: 1 to 10 with 100 percent together)");
        }
        return List.copyOf(splits);
    }
}
