/** Labelled texts: reading them, telling what is wrong with them and where, and splitting them. */
@NullMarked
package dev.weft.training.runtime.textclassifier.data;

import org.jspecify.annotations.NullMarked;
