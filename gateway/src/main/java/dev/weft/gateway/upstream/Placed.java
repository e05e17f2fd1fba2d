package dev.weft.gateway.upstream;

import dev.weft.gateway.catalog.ResolvedModel;
import dev.weft.gateway.routing.Choice;
import dev.weft.gateway.routing.Placement.Visit;
import dev.weft.gateway.routing.Replica;
import dev.weft.gateway.usage.Tally;
import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.ResourceExhausted;
import dev.weft.kit.error.Failure.Unavailable;
import dev.weft.kit.rpc.RetryBudget;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where placement and the catalog send one call: to replicas of its model, and then to those of the model's fallbacks, in their order. */
final class Placed implements Destinations {

    private final CallPlacement environment;
    private final RetryBudget retries;
    private final ModelCall call;
    private final OnBehalf behalf;
    private final List<String> fallbacks;
    private final Route route = new Route();
    private ResolvedModel model;
    private int fallback;

    /**
     * The places of one call.
     *
     * @throws Failure.PermissionDenied when he for whom it is made may not ask the model
     * @throws ResourceExhausted when his budget is used up
     */
    Placed(CallPlacement environment, RetryBudget retries, ModelCall call, ResolvedModel model, OnBehalf behalf) {
        this.environment = environment;
        this.retries = retries;
        this.call = call;
        this.behalf = behalf;
        if (!call.model().isEmpty()) {
            behalf.require(model.name());
        }
        this.model = model;
        // Those of the model that was asked for: a fallback's own would be a way round what its owner decided.
        this.fallbacks = model.serving().fallbacks();
        route.at(model);
    }

    /** The model that is asked now. */
    ResolvedModel model() {
        return model;
    }

    /** The name that the message says. */
    String named() {
        return call.model();
    }

    @Override
    public Route route() {
        return route;
    }

    @Override
    public Future<Replica> next(List<Replica> tried) {
        if (environment.placement().members().isEmpty()) {
            return environment.directory().firstLook().compose(_ -> choose(tried));
        }
        return choose(tried);
    }

    private Future<Replica> choose(List<Replica> tried) {
        String key = model.key();
        Choice choice = environment.placement().chooseUntried(key, tried, call.patient());
        if (!(choice instanceof Choice.Nowhere)) {
            return follow(choice, tried);
        }
        // One that was silent may have come back since it was asked last; where another model can answer nobody waits
        // to know.
        Future<Void> asked = hasFallback()
                ? Future.succeededFuture()
                : environment.directory().askUnusable();
        return asked.compose(_ -> follow(environment.placement().choose(key, tried, call.patient()), tried));
    }

    private Future<Replica> follow(Choice choice, List<Replica> tried) {
        String key = model.key();
        return switch (choice) {
            case Choice.Now(Replica replica) -> Future.succeededFuture(replica);
            case Choice.AfterLoad(Replica replica) ->
                environment.directory().load(key, replica).map(replica);
            case Choice.Crowded(Duration retryAfter) ->
                Future.failedFuture(new ResourceExhausted(
                        "queue of model '" + model.name() + "': too much waits already", retryAfter));
            case Choice.Nowhere(String why) when hasFallback() -> Future.failedFuture(new Unavailable(why));
            case Choice.Nowhere(String why) -> {
                environment.directory().lookSoon();
                yield environment
                        .waiting()
                        .await(key, why, () -> environment.placement().choose(key, tried, call.patient()))
                        .compose(found -> follow(found, tried));
            }
        };
    }

    @Override
    public Visit visit(Replica replica) {
        Tally tally = behalf.tally();
        if (tally != null) {
            tally.asked(model.name(), replica.pool());
        }
        return environment.placement().visit(model.key(), replica);
    }

    @Override
    public boolean again() {
        return retries.withdraw();
    }

    @Override
    public Future<Boolean> reconsider(Replica replica) {
        return environment.directory().doubt(replica).map(_ -> environment
                .placement()
                .isHopeful(model.key()));
    }

    @Override
    public void failed(Replica replica, Failure failure) {
        if (failure instanceof ResourceExhausted full && full.isCrowded()) {
            replica.crowded(model.key(), full.retryAfter());
        }
    }

    @Override
    public @Nullable String modelHeader() {
        boolean asNamed = model.name().equals(call.model()) && model.version().equals(call.version());
        return asNamed ? null : call.model() + "=" + model.name() + ":" + model.version();
    }

    @Override
    public @Nullable Protection protection() {
        return environment.protections().of(model, fallback > 0);
    }

    @Override
    public boolean hasFallback() {
        return fallback < fallbacks.size();
    }

    @Override
    public boolean fallBack(Failure why) {
        if (!hasFallback()) {
            return false;
        }
        route.failed(model, why);
        while (hasFallback()) {
            String next = fallbacks.get(fallback++);
            try {
                ResolvedModel resolved = environment.catalog().resolve(next, "", call.stickyKey());
                // Whoever may not ask a model, or not pay for it, may not be answered by it either.
                behalf.require(resolved.name());
                model = resolved;
                route.at(resolved);
                return true;
            } catch (Failure unresolved) {
                route.failed(next, unresolved);
            }
        }
        return false;
    }
}
