package dev.weft.gateway.keys;

import dev.weft.kit.identity.AllowedModels;
import io.grpc.Context;
import io.vertx.ext.web.RoutingContext;
import java.util.Objects;
import java.util.Set;

/**
 * Who makes a request.
 *
 * @param keyId the part of his key that may be shown and logged; empty when he has none
 * @param name for people, as the audit log and usage tell it
 * @param scopes what he may do
 * @param models which models he may ask
 */
public record Caller(String keyId, String name, Set<Scope> scopes, AllowedModels models) {

    /** Somebody on this machine, without a key. */
    public static final Caller ANONYMOUS = new Caller("", "anonymous", Set.of(Scope.ADMIN), AllowedModels.ALL);

    /** Another service of the mesh, which shows the token that services know each other by. */
    public static final Caller SERVICE =
            new Caller("", "service", Set.of(Scope.INFER, Scope.EMBED, Scope.TRAIN, Scope.PUBLISH), AllowedModels.ALL);

    /** Whoever asks for what needs no key. */
    public static final Caller NOBODY = new Caller("", "nobody", Set.of(), AllowedModels.ALL);

    /** Where a gRPC call keeps its caller. */
    public static final Context.Key<Caller> CONTEXT = Context.keyWithDefault("caller", NOBODY);

    private static final String KEY = Caller.class.getName();

    public Caller {
        scopes = Set.copyOf(scopes);
    }

    /** Who makes the REST request; {@link #NOBODY} when it needs no key. */
    public static Caller of(RoutingContext request) {
        return Objects.requireNonNullElse(request.get(KEY), NOBODY);
    }

    /** Who makes the gRPC call that this thread answers; {@link #NOBODY} when it needs no key. */
    public static Caller ofCall() {
        return CONTEXT.get();
    }

    /** Notes who makes the request. */
    public void attach(RoutingContext request) {
        request.put(KEY, this);
    }

    /** Whose the things are that he makes. */
    public String owner() {
        return keyId.isEmpty() ? name : keyId;
    }

    /** Whose things he sees and changes: his own; everybody's, told by an empty string, when he administrates. */
    public String seesOf() {
        return scopes.contains(Scope.ADMIN) ? "" : owner();
    }

    /** Whether he may do what needs the scope; {@link Scope#ADMIN} may do everything. */
    public boolean may(Scope scope) {
        return scopes.contains(scope) || scopes.contains(Scope.ADMIN);
    }
}
