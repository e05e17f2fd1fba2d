package dev.weft.training.runtime;

import java.util.List;

/** Something that can be run to train a model. Administrators define commands and containers; others use what there is. */
public sealed interface TrainingRuntime {

    /** How jobs call it. */
    String name();

    /** For whoever chooses one. */
    String description();

    /** What a job may choose. */
    Parameters parameters();

    /** What a job gets when it asks for nothing else. */
    Resources resources();

    /**
     * Part of this program: {@code <this program> <mode> <job folder>}.
     *
     * @param mode the program's first argument, see {@link SelfCommand}
     */
    record BuiltIn(String name, String description, Parameters parameters, Resources resources, String mode)
            implements TrainingRuntime {}

    /**
     * A program of the machine that runs it: {@code <command> <job folder>}.
     *
     * @param command the program and its first arguments; no shell looks at them
     */
    record Command(String name, String description, Parameters parameters, Resources resources, List<String> command)
            implements TrainingRuntime {
        public Command {
            command = List.copyOf(command);
        }
    }

    /**
     * A container image.
     *
     * @param image with its registry and tag
     * @param command in place of the image's own; empty for the image's
     */
    record Container(
            String name,
            String description,
            Parameters parameters,
            Resources resources,
            String image,
            List<String> command)
            implements TrainingRuntime {
        public Container {
            command = List.copyOf(command);
        }
    }
}
