/** The store {@code file:}: folders of this machine, or of a disk that several machines share. */
@NullMarked
package dev.weft.store.file;

import org.jspecify.annotations.NullMarked;
