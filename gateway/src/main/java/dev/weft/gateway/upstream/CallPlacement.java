package dev.weft.gateway.upstream;

import dev.weft.gateway.catalog.CatalogView;
import dev.weft.gateway.catalog.ResolvedModel;
import dev.weft.gateway.routing.Placement;
import dev.weft.kit.rpc.RetryBudget;
import jakarta.inject.Singleton;

/** What decides where calls go. Thread-safe. */
@Singleton
final class CallPlacement {

    private final ReplicaDirectory directory;
    private final Placement placement;
    private final CatalogView catalog;
    private final Protections protections;
    private final ReplicaWait waiting;

    CallPlacement(
            ReplicaDirectory directory,
            Placement placement,
            CatalogView catalog,
            Protections protections,
            ReplicaWait waiting) {
        this.directory = directory;
        this.placement = placement;
        this.catalog = catalog;
        this.protections = protections;
        this.waiting = waiting;
    }

    /**
     * Where a call goes.
     *
     * @throws dev.weft.kit.error.Failure when the catalog has no such version, or does not serve the model, or he for whom it is made may not
     *     ask it
     */
    Placed place(ModelCall call, OnBehalf behalf, RetryBudget retries) {
        ResolvedModel model = catalog.resolve(call.model(), call.version(), call.stickyKey());
        return new Placed(this, retries, call, model, behalf);
    }

    /** Where the gateway's own call goes that another model is to answer than it names. */
    Placed place(ModelCall call, ResolvedModel model, RetryBudget retries) {
        return new Placed(this, retries, call, model, OnBehalf.NOBODY);
    }

    ReplicaDirectory directory() {
        return directory;
    }

    Placement placement() {
        return placement;
    }

    CatalogView catalog() {
        return catalog;
    }

    Protections protections() {
        return protections;
    }

    ReplicaWait waiting() {
        return waiting;
    }
}
