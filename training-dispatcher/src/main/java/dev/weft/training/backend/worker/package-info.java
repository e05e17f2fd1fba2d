/** Runs on machines that pull work: notebooks, rented GPUs. They are offered here and claimed from there; what workers send lies in PostgreSQL, so that any dispatcher can answer any call. */
@NullMarked
package dev.weft.training.backend.worker;

import org.jspecify.annotations.NullMarked;
