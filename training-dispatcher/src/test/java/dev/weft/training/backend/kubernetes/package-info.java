/** Tests against a server that keeps what the API server would keep. */
@NullMarked
package dev.weft.training.backend.kubernetes;

import org.jspecify.annotations.NullMarked;
