/** Tests of the jobs' tables against a real PostgreSQL, and what other tests need of them. */
@NullMarked
package dev.weft.training.job;

import org.jspecify.annotations.NullMarked;
