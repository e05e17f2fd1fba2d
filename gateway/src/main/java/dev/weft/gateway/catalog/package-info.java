/**
 * Which models there are, in which versions, and what their names stand for. PostgreSQL remembers it; requests read a copy in memory that
 * follows within a second. On which replica a version runs is {@code routing}'s business.
 */
@NullMarked
package dev.weft.gateway.catalog;

import org.jspecify.annotations.NullMarked;
