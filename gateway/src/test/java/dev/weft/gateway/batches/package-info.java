/** Tests of files and batches against a scripted embedding-service, with raw HTTP and with OpenAI's own client. */
@NullMarked
package dev.weft.gateway.batches;

import org.jspecify.annotations.NullMarked;
