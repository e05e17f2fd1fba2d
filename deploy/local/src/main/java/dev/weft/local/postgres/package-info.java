/** The mesh's own PostgreSQL: where its data and passwords lie, which schema is whose. How a server is run is {@code dev.weft.postgres}' business. */
@NullMarked
package dev.weft.local.postgres;

import org.jspecify.annotations.NullMarked;
