/**
 * How services know each other: the token that a call to another service carries, and what becomes of calls that carry none. Clients and their
 * keys are not its business.
 */
@NullMarked
package dev.weft.kit.identity;

import org.jspecify.annotations.NullMarked;
