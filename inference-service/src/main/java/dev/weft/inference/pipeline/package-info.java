/** What surrounds a text model's graph: tokens on the way in; pooling, normalisation, scores and labels on the way out. The only importer of DJL. */
@NullMarked
package dev.weft.inference.pipeline;

import org.jspecify.annotations.NullMarked;
