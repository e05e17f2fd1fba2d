/** What every REST request carries and every REST failure looks like, whichever protocol's path it came by. */
@NullMarked
package dev.weft.gateway.http;

import org.jspecify.annotations.NullMarked;
