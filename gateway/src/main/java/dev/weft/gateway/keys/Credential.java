package dev.weft.gateway.keys;

/**
 * What a valid key stands for.
 *
 * @param limits of all its requests together
 */
public record Credential(Caller caller, KeyLimits limits) {

    static final Credential SERVICE = new Credential(Caller.SERVICE, KeyLimits.NONE);

    static final Credential ANONYMOUS = new Credential(Caller.ANONYMOUS, KeyLimits.NONE);
}
