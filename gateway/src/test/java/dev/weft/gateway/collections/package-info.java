/** Tests of collections at the door, against an embedding-service that answers as told. */
@NullMarked
package dev.weft.gateway.collections;

import org.jspecify.annotations.NullMarked;
