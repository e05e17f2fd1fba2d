package dev.weft.kit.identity;

/**
 * A bean of this type says that the gRPC services of the process are for clients, whom it tells apart itself: calls are not asked for the token
 * of a service, and the process may listen anywhere without knowing one.
 */
public interface FrontDoor {}
