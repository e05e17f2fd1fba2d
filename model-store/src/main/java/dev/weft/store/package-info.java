/**
 * Where model packages lie: the port, what names a package and what it consists of. Adapters and the cache are packages below; they are plain
 * classes, to be made by the service that wants them, since which there are, and over which database or folders, is that service's choice.
 */
@NullMarked
package dev.weft.store;

import org.jspecify.annotations.NullMarked;
