package dev.weft.gateway.http;

import dev.weft.kit.identity.FrontDoor;
import jakarta.inject.Singleton;

/** The gateway's callers are clients, who have keys and not the token of a service. */
@Singleton
final class ClientDoor implements FrontDoor {}
