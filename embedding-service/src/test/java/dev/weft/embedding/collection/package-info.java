/** Tests of collections. */
@NullMarked
package dev.weft.embedding.collection;

import org.jspecify.annotations.NullMarked;
