/** The whole loop on a running mesh: train, publish, serve, ask. */
@NullMarked
package dev.weft.local.demo;

import org.jspecify.annotations.NullMarked;
