/** Tests of leases against a real PostgreSQL, with holders that die. */
@NullMarked
package dev.weft.database.lease;

import org.jspecify.annotations.NullMarked;
