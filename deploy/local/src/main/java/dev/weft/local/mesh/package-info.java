/** The services as one thing: which there are, how they find each other, in which order they start and when they are ready. */
@NullMarked
package dev.weft.local.mesh;

import org.jspecify.annotations.NullMarked;
