/** Which replica of inference-service a request goes to, and which models should be loaded where. Knows no wire. */
@NullMarked
package dev.weft.gateway.routing;

import org.jspecify.annotations.NullMarked;
