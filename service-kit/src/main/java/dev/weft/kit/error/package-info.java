/** The failures that Weft's services know, and their one translation to gRPC and back. Protocols' own error bodies are the edges' work. */
@NullMarked
package dev.weft.kit.error;

import org.jspecify.annotations.NullMarked;
