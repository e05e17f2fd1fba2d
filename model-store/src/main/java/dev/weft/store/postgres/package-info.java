/** The store {@code pg:}: small packages inside PostgreSQL, for meshes that have no other shared storage. */
@NullMarked
package dev.weft.store.postgres;

import org.jspecify.annotations.NullMarked;
