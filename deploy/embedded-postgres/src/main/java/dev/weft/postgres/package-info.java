/** A real PostgreSQL server on this machine: unpacked, initialised, started, stopped, its databases and roles. Who wants one decides where its data lie. */
@NullMarked
package dev.weft.postgres;

import org.jspecify.annotations.NullMarked;
