/** OpenAI's conventions at the door: its official clients work unchanged. */
@NullMarked
package dev.weft.gateway.openai;

import org.jspecify.annotations.NullMarked;
