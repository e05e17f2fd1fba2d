/** Reading a model package: which graph, which task, which limits. Nothing is loaded here. */
@NullMarked
package dev.weft.inference.modelpackage;

import org.jspecify.annotations.NullMarked;
