/** What a job has made goes into a model store and into the catalog, once for each job however often it is tried; and the stores that this service has. */
@NullMarked
package dev.weft.training.publish;

import org.jspecify.annotations.NullMarked;
