package dev.weft.training.rpc;

import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.protocol.training.v1.BuiltInRuntime;
import dev.weft.protocol.training.v1.Choice;
import dev.weft.protocol.training.v1.CommandRuntime;
import dev.weft.protocol.training.v1.ContainerRuntime;
import dev.weft.protocol.training.v1.Flag;
import dev.weft.protocol.training.v1.RealNumber;
import dev.weft.protocol.training.v1.Runtime;
import dev.weft.protocol.training.v1.Text;
import dev.weft.protocol.training.v1.WholeNumber;
import dev.weft.training.runtime.Parameter;
import dev.weft.training.runtime.ParameterType;
import dev.weft.training.runtime.Parameters;
import dev.weft.training.runtime.Resources;
import dev.weft.training.runtime.TrainingRuntime;
import java.util.List;
import java.util.Optional;

/** Runtimes as messages and back. */
final class RuntimeMessages {

    /** What a run gets when neither job nor runtime say anything. */
    private static final Resources DEFAULT = new Resources(1000, 1L << 30, 0);

    private RuntimeMessages() {}

    static Runtime message(TrainingRuntime runtime) {
        Runtime.Builder message = Runtime.newBuilder()
                .setName(runtime.name())
                .setDescription(runtime.description())
                .setDefaultResources(dev.weft.protocol.training.v1.Resources.newBuilder()
                        .setCpuMillis(runtime.resources().milliCpus())
                        .setMemoryBytes(runtime.resources().memoryBytes())
                        .setGpus(runtime.resources().gpus()));
        runtime.parameters().all().forEach(parameter -> message.addParameters(message(parameter)));
        switch (runtime) {
            case TrainingRuntime.BuiltIn _ -> message.setBuiltIn(BuiltInRuntime.getDefaultInstance());
            case TrainingRuntime.Command command ->
                message.setCommand(CommandRuntime.newBuilder().addAllCommand(command.command()));
            case TrainingRuntime.Container container ->
                message.setContainer(ContainerRuntime.newBuilder()
                        .setImage(container.image())
                        .addAllCommand(container.command()));
        }
        return message.build();
    }

    private static dev.weft.protocol.training.v1.Parameter message(Parameter parameter) {
        dev.weft.protocol.training.v1.Parameter.Builder message = dev.weft.protocol.training.v1.Parameter.newBuilder()
                .setName(parameter.name())
                .setDescription(parameter.description());
        switch (parameter.type()) {
            case ParameterType.Whole(long least, long most) ->
                message.setWhole(WholeNumber.newBuilder().setLeast(least).setMost(most));
            case ParameterType.Real(double least, double most) ->
                message.setReal(RealNumber.newBuilder().setLeast(least).setMost(most));
            case ParameterType.Flag() -> message.setFlag(Flag.getDefaultInstance());
            case ParameterType.Choice(List<String> words) ->
                message.setChoice(Choice.newBuilder().addAllWords(words));
            case ParameterType.Text(int longest) ->
                message.setText(Text.newBuilder().setLongest(longest));
        }
        parameter.fallback().ifPresent(value -> message.setDefaultValue(Structs.value(value)));
        return message.build();
    }

    static TrainingRuntime runtime(Runtime message) {
        Parameters parameters = new Parameters(message.getParametersList().stream()
                .map(RuntimeMessages::parameter)
                .toList());
        Resources resources = resources(message);
        String name = message.getName();
        String description = message.getDescription();
        return switch (message.getKindCase()) {
            case COMMAND ->
                new TrainingRuntime.Command(
                        name,
                        description,
                        parameters,
                        resources,
                        message.getCommand().getCommandList());
            case CONTAINER ->
                new TrainingRuntime.Container(
                        name,
                        description,
                        parameters,
                        resources,
                        message.getContainer().getImage(),
                        message.getContainer().getCommandList());
            case BUILT_IN, KIND_NOT_SET ->
                throw new InvalidArgument(
                        "runtime: " + message.getKindCase() + " (expected: a command or a container)");
        };
    }

    private static Resources resources(Runtime message) {
        dev.weft.protocol.training.v1.Resources wanted = message.getDefaultResources();
        return new Resources(
                wanted.getCpuMillis() == 0 ? DEFAULT.milliCpus() : wanted.getCpuMillis(),
                wanted.getMemoryBytes() == 0 ? DEFAULT.memoryBytes() : wanted.getMemoryBytes(),
                wanted.getGpus());
    }

    private static Parameter parameter(dev.weft.protocol.training.v1.Parameter message) {
        ParameterType type =
                switch (message.getTypeCase()) {
                    case WHOLE -> whole(message.getWhole());
                    case REAL -> real(message.getReal());
                    case FLAG -> new ParameterType.Flag();
                    case CHOICE -> new ParameterType.Choice(message.getChoice().getWordsList());
                    case TEXT ->
                        new ParameterType.Text(
                                message.getText().getLongest() == 0
                                        ? ParameterType.Text.LONGEST
                                        : message.getText().getLongest());
                    case TYPE_NOT_SET ->
                        throw new InvalidArgument("parameter " + message.getName() + ": no type (expected: one)");
                };
        return new Parameter(
                message.getName(),
                message.getDescription(),
                type,
                message.hasDefaultValue() ? Optional.of(Structs.json(message.getDefaultValue())) : Optional.empty());
    }

    /** Bounds that are both 0 are none. */
    private static ParameterType whole(WholeNumber bounds) {
        return bounds.getLeast() == 0 && bounds.getMost() == 0
                ? ParameterType.Whole.ANY
                : new ParameterType.Whole(bounds.getLeast(), bounds.getMost());
    }

    private static ParameterType real(RealNumber bounds) {
        return bounds.getLeast() == 0 && bounds.getMost() == 0
                ? ParameterType.Real.ANY
                : new ParameterType.Real(bounds.getLeast(), bounds.getMost());
    }
}
