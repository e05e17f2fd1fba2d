package dev.weft.gateway.audit;

import dev.weft.kit.rpc.RequestId;

/**
 * Who asks for a change.
 *
 * @param name as the audit log tells it
 * @param request the request that asks
 */
public record Actor(String name, RequestId request) {}
