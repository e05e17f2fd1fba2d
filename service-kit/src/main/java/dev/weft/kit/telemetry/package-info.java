/** Names of metrics, log keys and headers, so that every service uses the same. */
@NullMarked
package dev.weft.kit.telemetry;

import org.jspecify.annotations.NullMarked;
