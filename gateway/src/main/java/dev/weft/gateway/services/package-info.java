/** Connections to the other services of the mesh but inference-service, for REST requests that they answer. */
@NullMarked
package dev.weft.gateway.services;

import org.jspecify.annotations.NullMarked;
