/**
 * Text generation by decoders: prefill and decode loop, continuous batching, sampling, detokenisation, chat. Decides which token comes
 * next and which sequences compute together; leaves computing to a {@link dev.weft.inference.backend.DecoderBackend}.
 */
@NullMarked
package dev.weft.inference.generation;

import org.jspecify.annotations.NullMarked;
