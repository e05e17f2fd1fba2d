/** The head of a classifier: training it, calibrating it, and measuring it. The only importer of Tribuo. */
@NullMarked
package dev.weft.training.runtime.textclassifier.head;

import org.jspecify.annotations.NullMarked;
