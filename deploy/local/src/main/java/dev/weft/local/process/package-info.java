/** One service as an operating-system process: how it is started, watched and stopped. */
@NullMarked
package dev.weft.local.process;

import org.jspecify.annotations.NullMarked;
