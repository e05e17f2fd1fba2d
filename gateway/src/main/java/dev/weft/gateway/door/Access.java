package dev.weft.gateway.door;

import dev.weft.gateway.keys.Caller;
import dev.weft.gateway.keys.Scope;
import dev.weft.kit.error.Failure.PermissionDenied;
import java.util.List;

/** What a request needs. */
sealed interface Access {

    /** Nothing: it tells nothing about anybody. */
    record Open() implements Access {}

    /** A key, whichever it is. */
    record AnyKey() implements Access {}

    /** A worker's token instead of a key; training-dispatcher checks it. */
    record Worker() implements Access {}

    /**
     * A key with one of the scopes.
     *
     * @param scopes not empty
     */
    record OneOf(List<Scope> scopes) implements Access {}

    /**
     * Checks that the caller may.
     *
     * @throws PermissionDenied when he may not
     */
    default void require(Caller caller) {
        switch (this) {
            case Open _, AnyKey _ -> {}
            case Worker _ -> throw new PermissionDenied("a key opens no worker's door (expected: a worker's token)");
            case OneOf(List<Scope> scopes) -> requireOneOf(scopes, caller);
        }
    }

    private static void requireOneOf(List<Scope> scopes, Caller caller) {
        for (Scope scope : scopes) {
            if (caller.may(scope)) {
                return;
            }
        }
        throw new PermissionDenied("key " + caller.keyId() + ": has the scopes "
                + caller.scopes().stream().map(Scope::wireName).sorted().toList() + " (expected: "
                + String.join(" or ", scopes.stream().map(Scope::wireName).toList()) + ")");
    }
}
