/**
 * The part of Jinja that chat templates use, as transformers configures it. Decides what a template's text is; what it cannot
 * understand is refused when the template is compiled, and never guessed.
 */
@NullMarked
package dev.weft.inference.generation.template;

import org.jspecify.annotations.NullMarked;
