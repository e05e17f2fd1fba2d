/**
 * What a training job runs, and the contract between the dispatcher and the process that trains. It is the same for what is built in and for
 * the commands and images that administrators define:
 *
 * <ul>
 *   <li>The process is started with one argument more than its command says: the job's folder. In it lie {@code job.json}
 *       ({@link dev.weft.training.runtime.JobFile}) and the data files that it names; the folder that it names as output is empty.
 *   <li>Each line of standard output that is a JSON object with a {@code type} is an event ({@link dev.weft.training.runtime.RuntimeEvent});
 *       every other line, and all of standard error, is log.
 *   <li>The process ends with 0 after a {@code result} event, or with another code ({@link dev.weft.training.runtime.RuntimeExit}) after a
 *       {@code failure}.
 * </ul>
 */
@NullMarked
package dev.weft.training.runtime;

import org.jspecify.annotations.NullMarked;
