/** The ports to the models that turn texts into vectors and order texts by a query, and their adapter, which asks inference-service or the gateway. */
@NullMarked
package dev.weft.embedding.embedder;

import org.jspecify.annotations.NullMarked;
