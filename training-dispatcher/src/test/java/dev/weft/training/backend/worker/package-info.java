/** Tests of workers against a real PostgreSQL. */
@NullMarked
package dev.weft.training.backend.worker;

import org.jspecify.annotations.NullMarked;
