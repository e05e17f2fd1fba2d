package dev.weft.gateway.routing;

import dev.weft.gateway.routing.Choice.AfterLoad;
import dev.weft.gateway.routing.Choice.Crowded;
import dev.weft.gateway.routing.Choice.Now;
import dev.weft.gateway.routing.Choice.Nowhere;
import dev.weft.gateway.routing.ReplicaStatus.State;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Chooses a replica for each request, and says which models should be loaded where. A model has an order of replicas
 * ({@link Rendezvous}); its first few, one at first, more as it is asked more, are where it should be loaded, and the least busy of these
 * takes the request. When they are all busy, the next that has it loaded takes it too. Choosing allocates nothing that grows with the
 * number of models or replicas. Thread-safe.
 */
@Singleton
public final class Placement {

    /** A replica with fewer requests of ours than this computes at once what it gets. */
    private static final int BUSY = 2;

    /** Requests for each copy of a model at which one more copy is loaded. */
    private static final int PRESSED = 8;

    /** Looks in a row at which a model must be pressed before a copy is loaded, and so must be at rest before one is given up. */
    private static final int LOOKS_TO_GROW = 3;

    private static final int LOOKS_TO_SHRINK = 60;

    /** Part of a backlog that is left after a second, below which it is getting shorter. */
    private static final double DRAINING = 0.9;

    private final PlacementRules rules;
    private final Map<String, Route> routes = new ConcurrentHashMap<>();
    private final AtomicInteger turn = new AtomicInteger();

    private volatile Members members = new Members(0, List.of());

    private record Members(long epoch, List<Replica> replicas) {}

    /** A model that should be loaded on a replica, and is not. */
    public record Wanted(String model, Replica replica) {}

    @Inject
    public Placement(PlacementRules rules) {
        this.rules = rules;
    }

    /** One model's replicas. */
    private static final class Route {
        private final long epoch;
        private final long generation;
        private final Replica[] order;
        private final AtomicInteger outstanding;
        private volatile int copies;
        private int before;
        private int pressed;
        private int rested;

        private Route(long epoch, long generation, Replica[] order, int copies, AtomicInteger outstanding) {
            this.epoch = epoch;
            this.generation = generation;
            this.order = order;
            this.copies = copies;
            this.outstanding = outstanding;
        }
    }

    /** The replicas that there are now, in any order. */
    public synchronized void members(List<Replica> replicas) {
        members = new Members(members.epoch() + 1, List.copyOf(replicas));
    }

    /** The replicas that there are. */
    public List<Replica> members() {
        return members.replicas();
    }

    /** Where a request goes that waits as long as it has to. */
    public Choice choose(String model, List<Replica> tried) {
        return choose(model, tried, true);
    }

    /**
     * Where a request goes.
     *
     * @param model empty for a request that any replica can answer
     * @param tried replicas that have failed the request already
     * @param patient whether it waits in a queue of any length
     */
    public Choice choose(String model, List<Replica> tried, boolean patient) {
        Choice choice = chooseUntried(model, tried, patient);
        // A replica that failed may have come back by the next attempt, and is better than none.
        return choice instanceof Nowhere && !tried.isEmpty() ? chooseUntried(model, List.of(), patient) : choice;
    }

    /** True when some replica has the model, or can have it soon. */
    public boolean isHopeful(String model) {
        return switch (choose(model, List.of())) {
            case Now(Replica replica) -> model.isEmpty() || replica.stateOf(model) == State.READY;
            case AfterLoad _, Crowded _ -> true;
            case Nowhere _ -> false;
        };
    }

    /** As {@link #choose(String, List, boolean)}, but never where the request has failed already. */
    public Choice chooseUntried(String model, List<Replica> tried, boolean patient) {
        Route route = model.isEmpty() ? null : route(model);
        if (route == null) {
            return any(model, tried, members.replicas());
        }
        Replica best = null;
        Replica loadable = null;
        Replica loading = null;
        long crowded = 0;
        int rank = 0;
        for (Replica replica : route.order) {
            if (!replica.isUsable() || tried.contains(replica)) {
                continue;
            }
            rank++;
            // Beyond the model's own replicas one is worth a look only while those are busy.
            if (rank > route.copies && best != null && best.outstanding() < BUSY) {
                break;
            }
            switch (stateOf(model, replica)) {
                case READY -> {
                    long wait = patient ? 0 : replica.crowdedNanos(model);
                    if (wait > 0) {
                        crowded = crowded == 0 ? wait : Math.min(crowded, wait);
                    } else if (best == null || replica.outstanding() < best.outstanding()) {
                        best = replica;
                    }
                }
                case AVAILABLE -> loadable = loadable == null ? replica : loadable;
                case LOADING -> loading = loading == null ? replica : loading;
                case UNLOADED, FAILED -> {}
                case null -> {}
            }
        }
        if (best != null) {
            return new Now(best);
        }
        if (crowded > 0) {
            return new Crowded(Duration.ofNanos(crowded));
        }
        // One that loads it already has it sooner; telling it to load once more waits for that.
        Replica soon = loading != null ? loading : loadable;
        return soon != null ? new AfterLoad(soon) : any(model, tried, List.of(route.order));
    }

    /** For a request of which it does not matter who answers it, if only that nobody knows the model. */
    private Choice any(String model, List<Replica> tried, List<Replica> replicas) {
        int start = Math.floorMod(turn.getAndIncrement(), Math.max(1, replicas.size()));
        Replica usable = null;
        for (int i = 0; i < replicas.size(); i++) {
            Replica replica = replicas.get((start + i) % replicas.size());
            if (tried.contains(replica) || !replica.isUsable()) {
                continue;
            }
            if (replica.isReady() && (model.isEmpty() || replica.stateOf(model) != null)) {
                return new Now(replica);
            }
            usable = usable == null || (replica.isReady() && !usable.isReady()) ? replica : usable;
        }
        return usable != null ? new Now(usable) : new Nowhere(why(replicas));
    }

    private static String why(List<Replica> replicas) {
        if (replicas.isEmpty()) {
            return "there is no replica of inference-service where this may run";
        }
        if (replicas.size() == 1) {
            Replica only = replicas.getFirst();
            return "inference-service at " + only.id() + " "
                    + (only.trouble().isEmpty() ? "failed the request" : only.trouble());
        }
        List<String> troubles = replicas.stream()
                .limit(3)
                .map(replica -> replica.id() + ": " + (replica.trouble().isEmpty() ? "failed" : replica.trouble()))
                .toList();
        return "no replica of inference-service answers (" + String.join("; ", troubles)
                + (replicas.size() > troubles.size() ? "; …" : "") + ")";
    }

    /** The model's route; null for a model that no replica knows, for which nothing is remembered: names come from clients. */
    private @Nullable Route route(String model) {
        Members now = members;
        long generation = rules.generation();
        Route route = routes.get(model);
        if (route != null && route.epoch == now.epoch() && route.generation == generation) {
            return route;
        }
        if (now.replicas().stream().noneMatch(replica -> stateOf(model, replica) != null)) {
            return null;
        }
        return routes.compute(model, (_, old) -> {
            if (old != null && old.epoch >= now.epoch() && old.generation >= generation) {
                return old;
            }
            Replica[] order = Rendezvous.order(model, now.replicas(), rules.pools(model));
            int copies = rules.copies(model);
            return old == null
                    ? new Route(now.epoch(), generation, order, copies, new AtomicInteger())
                    : new Route(now.epoch(), generation, order, Math.max(old.copies, copies), old.outstanding);
        });
    }

    /** A model that the replica does not have and can get is as good as one that it has not loaded. */
    private @Nullable State stateOf(String model, Replica replica) {
        State told = replica.stateOf(model);
        return told == null && rules.isObtainable(model) ? State.AVAILABLE : told;
    }

    /** A request for the model goes to the replica; to be ended when it has ended. */
    public Visit visit(String model, Replica replica) {
        Route route = model.isEmpty() ? null : routes.get(model);
        Visit visit = new Visit(replica, route == null ? null : route.outstanding);
        replica.begin();
        if (visit.ofModel() != null) {
            visit.ofModel().incrementAndGet();
        }
        return visit;
    }

    /** A request on its way. */
    public record Visit(Replica replica, @Nullable AtomicInteger ofModel) {
        /** It has ended; to be called once. */
        public void end() {
            replica.end();
            if (ofModel != null) {
                ofModel.decrementAndGet();
            }
        }
    }

    /**
     * Looks at what is asked and what is loaded; to be called once a second.
     *
     * @return what should be loaded now, in no order
     */
    public synchronized List<Wanted> look() {
        List<Wanted> wanted = new ArrayList<>();
        Set<String> pinned = Set.copyOf(rules.pinned());
        Set<String> models = new TreeSet<>(pinned);
        models.addAll(routes.keySet());
        for (String model : models) {
            Route route = route(model);
            if (route == null) {
                routes.remove(model);
                continue;
            }
            adapt(route, model);
            if (pinned.contains(model) || isLoadedSomewhere(route, model)) {
                want(route, model, wanted);
            }
        }
        return wanted;
    }

    private void adapt(Route route, String model) {
        int ready = 0;
        int usable = 0;
        for (Replica replica : route.order) {
            if (replica.isUsable()) {
                usable++;
                ready += replica.stateOf(model) == State.READY ? 1 : 0;
            }
        }
        int outstanding = route.outstanding.get();
        int now = route.copies;
        // A backlog that gets shorter, as one does that came up while the model was loaded, needs no more copies.
        boolean draining = outstanding < DRAINING * route.before;
        route.before = outstanding;
        route.pressed = outstanding >= PRESSED * Math.max(1, ready) && !draining ? route.pressed + 1 : 0;
        int needed = Math.ceilDiv(2 * outstanding, PRESSED);
        route.rested = needed < now ? route.rested + 1 : 0;
        if (route.pressed >= LOOKS_TO_GROW && ready >= now && now < usable) {
            // A model that everybody asks for at once must not wait for its copies one by one.
            route.copies = Math.min(usable, Math.clamp(outstanding / PRESSED, now + 1, 2 * now));
            route.pressed = 0;
        } else if (route.rested >= LOOKS_TO_SHRINK && now > rules.copies(model)) {
            route.copies = Math.max(rules.copies(model), now - Math.max(1, (now - needed) / 2));
            route.rested = 0;
        }
    }

    private static boolean isLoadedSomewhere(Route route, String model) {
        for (Replica replica : route.order) {
            if (replica.isUsable() && replica.stateOf(model) == State.READY) {
                return true;
            }
        }
        return false;
    }

    private void want(Route route, String model, List<Wanted> wanted) {
        int rank = 0;
        for (Replica replica : route.order) {
            if (!replica.isReady()) {
                continue;
            }
            if (++rank > route.copies) {
                return;
            }
            if (stateOf(model, replica) == State.AVAILABLE) {
                wanted.add(new Wanted(model, replica));
            }
        }
    }

    /**
     * The replicas that a model is to be loaded on when somebody says so: its own, and those that have it, which then get what the
     * repository holds now.
     */
    public List<Replica> homes(String model) {
        Route route = route(model);
        Replica[] order = route != null ? route.order : Rendezvous.order(model, members.replicas(), rules.pools(model));
        int own = route != null ? route.copies : rules.copies(model);
        List<Replica> homes = new ArrayList<>();
        int rank = 0;
        for (Replica replica : order) {
            if (replica.isUsable() && (++rank <= own || replica.stateOf(model) == State.READY)) {
                homes.add(replica);
            }
        }
        return homes;
    }

    /** The replicas that may be asked, in any order. */
    public List<Replica> usable() {
        return members.replicas().stream().filter(Replica::isUsable).toList();
    }

    /** The replicas that may not be asked, for what is thought of them; they may be better by now. */
    public List<Replica> unusable() {
        return members.replicas().stream()
                .filter(replica -> !replica.isUsable())
                .toList();
    }

    /** On how many replicas the model should be loaded now; 0 when it was never asked for. */
    public int copies(String model) {
        Route route = routes.get(model);
        return route == null ? 0 : route.copies;
    }
}
