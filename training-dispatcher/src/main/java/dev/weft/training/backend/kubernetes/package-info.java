/** Runs as Kubernetes Jobs. Nothing here is touched, and no cluster asked, unless the configuration turns it on. */
@NullMarked
package dev.weft.training.backend.kubernetes;

import org.jspecify.annotations.NullMarked;
