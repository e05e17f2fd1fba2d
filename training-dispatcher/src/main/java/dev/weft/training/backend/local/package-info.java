/** Runs as processes of this machine, which live on when the dispatcher dies and are found again in their folders. */
@NullMarked
package dev.weft.training.backend.local;

import org.jspecify.annotations.NullMarked;
