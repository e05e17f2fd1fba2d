/** What each key has used: counted in memory as requests end, added to the database about once a second, summed up for whoever asks. */
@NullMarked
package dev.weft.gateway.usage;

import org.jspecify.annotations.NullMarked;
