/** What inference-service tells those who send it requests, beside the Open Inference Protocol. */
@NullMarked
package dev.weft.inference.rpc;

import org.jspecify.annotations.NullMarked;
