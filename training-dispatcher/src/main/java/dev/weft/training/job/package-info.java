/** Training jobs: what is wanted, the states they go through, their tables and the conditional updates of these. Where and how they run is the backends' and the dispatcher's. */
@NullMarked
package dev.weft.training.job;

import org.jspecify.annotations.NullMarked;
