package dev.weft.inference.generation.template;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The variables of one place in a template. What is set here is not seen outside. Not thread-safe. */
final class Scope {

    private final @Nullable Scope parent;
    private final Map<String, @Nullable Object> variables;

    Scope(Map<String, @Nullable Object> variables) {
        this.parent = null;
        this.variables = new HashMap<>(variables);
    }

    private Scope(Scope parent) {
        this.parent = parent;
        this.variables = new HashMap<>();
    }

    Scope inner() {
        return new Scope(this);
    }

    void set(String name, @Nullable Object value) {
        variables.put(name, value);
    }

    @Nullable
    Object get(String name) {
        if (variables.containsKey(name)) {
            return variables.get(name);
        }
        return parent == null ? new Values.Undefined(name) : parent.get(name);
    }
}
