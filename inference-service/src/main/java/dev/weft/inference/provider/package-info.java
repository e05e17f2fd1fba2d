/** Models that a provider runs: an API that speaks OpenAI's protocol, asked in the place of a graph. */
@NullMarked
package dev.weft.inference.provider;

import org.jspecify.annotations.NullMarked;
