package dev.weft.inference.generation.template;

import dev.weft.kit.error.Failure.InvalidArgument;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The values of a call. */
record Arguments(List<@Nullable Object> positional, Map<String, @Nullable Object> named) {

    static final Arguments NONE = new Arguments(List.of(), Map.of());

    int count() {
        return positional.size() + named.size();
    }

    boolean has(int index, String name) {
        return index < positional.size() || named.containsKey(name);
    }

    @Nullable
    Object get(int index, String name, @Nullable Object absent) {
        if (index < positional.size()) {
            return positional.get(index);
        }
        return named.containsKey(name) ? named.get(name) : absent;
    }

    @Nullable
    Object require(int index, String name) {
        if (!has(index, name)) {
            throw new InvalidArgument("chat template: argument '" + name + "' is missing");
        }
        return get(index, name, null);
    }

    /** Refuses arguments that nobody would read: leaving them out would be wrong text. */
    Arguments only(int most, String... names) {
        if (positional.size() > most || !List.of(names).containsAll(named.keySet())) {
            throw new InvalidArgument("chat template: arguments " + positional.size() + " and " + named.keySet()
                    + " (expected: at most " + most + " and " + List.of(names) + ")");
        }
        return this;
    }

    /** Without the first positional ones. */
    Arguments from(int first) {
        return new Arguments(positional.subList(Math.min(first, positional.size()), positional.size()), named);
    }
}
