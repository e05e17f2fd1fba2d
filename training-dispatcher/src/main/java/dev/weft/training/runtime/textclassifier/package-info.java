/**
 * The built-in runtime {@code text-classifier}: a classifier's head, trained on the vectors of an embedding model that the mesh serves, and
 * written together with that model as one package. It runs as a process of its own and knows nothing of jobs.
 */
@NullMarked
package dev.weft.training.runtime.textclassifier;

import org.jspecify.annotations.NullMarked;
