/** Types of configuration values that the platform does not have. */
@NullMarked
package dev.weft.kit.config;

import org.jspecify.annotations.NullMarked;
