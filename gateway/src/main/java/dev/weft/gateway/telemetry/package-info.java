/** What the gateway counts of every request, whichever protocol it came by. */
@NullMarked
package dev.weft.gateway.telemetry;

import org.jspecify.annotations.NullMarked;
