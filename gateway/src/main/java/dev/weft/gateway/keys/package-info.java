/**
 * Who may use the gateway: API keys, what each may do, and the callers that they stand for. A memory view of all valid keys answers every
 * request; the database is asked only when keys change.
 */
@NullMarked
package dev.weft.gateway.keys;

import org.jspecify.annotations.NullMarked;
