/** Tests of the catalog's client against a server that is scripted. */
@NullMarked
package dev.weft.training.publish.upstream;

import org.jspecify.annotations.NullMarked;
