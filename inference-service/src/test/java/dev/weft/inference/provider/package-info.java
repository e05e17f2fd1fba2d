@NullMarked
package dev.weft.inference.provider;

import org.jspecify.annotations.NullMarked;
