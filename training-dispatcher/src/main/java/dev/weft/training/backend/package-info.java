/** Where runs happen: the port, and what its adapters have in common. Which job runs when, and what becomes of it, is the dispatcher's. */
@NullMarked
package dev.weft.training.backend;

import org.jspecify.annotations.NullMarked;
