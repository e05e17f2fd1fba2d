/** The connection to PostgreSQL as such: waiting for it at the start, telling how it is. What lies in it belongs to the features. */
@NullMarked
package dev.weft.gateway.database;

import org.jspecify.annotations.NullMarked;
