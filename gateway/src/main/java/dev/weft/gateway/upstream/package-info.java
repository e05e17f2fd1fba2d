/** How the gateway reaches the services behind it: channels, and adapters over the generated stubs. */
@NullMarked
package dev.weft.gateway.upstream;

import org.jspecify.annotations.NullMarked;
