/** Packages of any store, verified, on this machine's disk; bounded, and shared by the processes that use its folder. */
@NullMarked
package dev.weft.store.cache;

import org.jspecify.annotations.NullMarked;
