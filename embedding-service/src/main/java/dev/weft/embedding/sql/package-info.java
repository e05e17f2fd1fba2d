/** Plain JDBC with deadlines, and the one translation of what PostgreSQL refuses. What is asked is for the repositories of the features. */
@NullMarked
package dev.weft.embedding.sql;

import org.jspecify.annotations.NullMarked;
