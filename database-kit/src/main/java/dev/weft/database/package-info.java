/**
 * What every service that keeps something in PostgreSQL does with it: waits for it at the start, tells how it is, runs transactions, hears of
 * changes. What lies in it belongs to the services.
 */
@NullMarked
package dev.weft.database;

import org.jspecify.annotations.NullMarked;
