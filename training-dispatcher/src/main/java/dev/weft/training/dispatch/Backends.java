package dev.weft.training.dispatch;

import dev.weft.kit.error.Failure.NotFound;
import dev.weft.training.backend.TrainingBackend;
import io.quarkus.arc.All;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/** The backends that are turned on here. */
@Singleton
public class Backends {

    private static final UUID NOWHERE = new UUID(0, 0);

    private final List<TrainingBackend> all;

    @Inject
    Backends(@All List<TrainingBackend> all) {
        this.all = all.stream().filter(backend -> backend.maxRuns() > 0).toList();
    }

    /** By name. */
    public List<String> names() {
        return all.stream().map(TrainingBackend::name).sorted().toList();
    }

    /**
     * The name, checked.
     *
     * @throws NotFound when no backend has it
     */
    public String require(String name) {
        if (find(name).isEmpty()) {
            throw new NotFound("backend: '" + name + "' (expected: one of " + names() + ")");
        }
        return name;
    }

    List<TrainingBackend> all() {
        return all;
    }

    Optional<TrainingBackend> find(String name) {
        return all.stream().filter(backend -> backend.name().equals(name)).findFirst();
    }

    /** Where this process is, as far as any backend asks. */
    UUID site() {
        return all.stream()
                .flatMap(backend -> backend.site().stream())
                .findFirst()
                .orElse(NOWHERE);
    }
}
