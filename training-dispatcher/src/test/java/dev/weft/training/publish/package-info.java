/** Tests of publishing with a store on disk. */
@NullMarked
package dev.weft.training.publish;

import org.jspecify.annotations.NullMarked;
