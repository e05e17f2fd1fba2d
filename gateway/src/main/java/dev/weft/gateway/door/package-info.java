/** What every request passes before anything reads its body: who is asking, whether he may, and whether he may now. */
@NullMarked
package dev.weft.gateway.door;

import org.jspecify.annotations.NullMarked;
