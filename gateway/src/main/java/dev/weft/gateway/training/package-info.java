/** Training jobs by REST: the messages of {@code weft.training.v1} as JSON, answered by training-dispatcher. */
@NullMarked
package dev.weft.gateway.training;

import org.jspecify.annotations.NullMarked;
