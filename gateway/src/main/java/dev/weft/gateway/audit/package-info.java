/** Who changed what: written with each change, in its transaction, and never changed afterwards. */
@NullMarked
package dev.weft.gateway.audit;

import org.jspecify.annotations.NullMarked;
