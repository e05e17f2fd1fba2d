package dev.weft.gateway.upstream;

import dev.weft.gateway.keys.Caller;
import dev.weft.gateway.usage.Tally;
import dev.weft.kit.identity.AllowedModels;
import org.jspecify.annotations.Nullable;

/**
 * For whom a call is made.
 *
 * @param models those that he may ask
 * @param tally learns what the call took; null when it runs no model
 * @param onlyModel the one name that the call's messages may have, which nobody here reads; null when they may have any
 */
public record OnBehalf(
        AllowedModels models,
        @Nullable Tally tally,
        @Nullable String onlyModel) {

    /** The gateway itself. */
    public static final OnBehalf NOBODY = new OnBehalf(AllowedModels.ALL, null, null);

    /**
     * Checks that the model may be asked, for the first attempt and for each fallback.
     *
     * @throws dev.weft.kit.error.Failure.PermissionDenied when it is none of his
     * @throws dev.weft.kit.error.Failure.ResourceExhausted when his budget is used up
     */
    void require(String model) {
        models.require(model);
        if (tally != null) {
            tally.budget().require(model);
        }
    }

    /** Somebody whose message the gateway has written itself. */
    static OnBehalf of(Caller caller, @Nullable Tally tally) {
        return new OnBehalf(caller.models(), tally, null);
    }
}
