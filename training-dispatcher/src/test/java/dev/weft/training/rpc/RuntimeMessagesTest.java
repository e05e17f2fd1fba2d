package dev.weft.training.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.protocol.training.v1.Choice;
import dev.weft.protocol.training.v1.CommandRuntime;
import dev.weft.protocol.training.v1.Parameter;
import dev.weft.protocol.training.v1.RealNumber;
import dev.weft.protocol.training.v1.Runtime;
import dev.weft.protocol.training.v1.Text;
import dev.weft.protocol.training.v1.WholeNumber;
import dev.weft.training.runtime.ParameterType;
import org.junit.jupiter.api.Test;

class RuntimeMessagesTest {

    private static ParameterType type(Parameter.Builder parameter) {
        return RuntimeMessages.runtime(Runtime.newBuilder()
                        .setName("trainer")
                        .setCommand(CommandRuntime.newBuilder().addCommand("true"))
                        .addParameters(parameter.setName("size"))
                        .build())
                .parameters()
                .all()
                .getFirst()
                .type();
    }

    private static Parameter.Builder parameter() {
        return Parameter.newBuilder();
    }

    @Test
    void limitsThatAreNotSaidAreTheWidest() {
        assertThat(type(parameter().setText(Text.getDefaultInstance()))).isEqualTo(new ParameterType.Text(10_000));
        assertThat(type(parameter().setWhole(WholeNumber.getDefaultInstance()))).isEqualTo(ParameterType.Whole.ANY);
        assertThat(type(parameter().setReal(RealNumber.getDefaultInstance()))).isEqualTo(ParameterType.Real.ANY);
        assertThat(type(parameter().setWhole(WholeNumber.newBuilder().setMost(1))))
                .isEqualTo(new ParameterType.Whole(0, 1));
    }

    @Test
    void limitsThatNoValueKeepsAreRefused() {
        assertThatThrownBy(() -> type(parameter()
                        .setWhole(WholeNumber.newBuilder().setLeast(2).setMost(1))))
                .isInstanceOf(InvalidArgument.class)
                .hasMessage("parameter size: a whole number from 2 to 1, which nothing is (expected: some value)");
        assertThatThrownBy(
                        () -> type(parameter().setReal(RealNumber.newBuilder().setLeast(Double.NaN))))
                .hasMessageContaining("which nothing is");
        assertThatThrownBy(() -> type(parameter().setText(Text.newBuilder().setLongest(-1))))
                .hasMessageContaining("which nothing is");
        assertThatThrownBy(() -> type(parameter().setChoice(Choice.getDefaultInstance())))
                .hasMessageContaining("one of [], which nothing is");
    }
}
