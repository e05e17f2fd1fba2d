/**
 * The store that needs nothing but PostgreSQL: points lie there, and every replica has an index of them in its memory, which follows the log of
 * changes. The only importer of JVector.
 *
 * @see <a href="https://github.com/datastax/jvector">JVector</a>
 */
@NullMarked
package dev.weft.embedding.vectorstore.embedded;

import org.jspecify.annotations.NullMarked;
