/** Weft's own REST for administrators, {@code /api/v1}: wire records, preconditions, descriptions; what is done is done by the features. */
@NullMarked
package dev.weft.gateway.admin;

import org.jspecify.annotations.NullMarked;
