/** Rows that one process at a time works on: claimed for a while, kept by a heartbeat, given back. The only place for claim SQL. What the work is, and what of it must be written, is the caller's. */
@NullMarked
package dev.weft.database.lease;

import org.jspecify.annotations.NullMarked;
