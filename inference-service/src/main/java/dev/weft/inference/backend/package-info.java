/** The port behind which a model computes. */
@NullMarked
package dev.weft.inference.backend;

import org.jspecify.annotations.NullMarked;
