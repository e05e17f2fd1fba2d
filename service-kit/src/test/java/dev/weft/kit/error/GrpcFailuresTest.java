package dev.weft.kit.error;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class GrpcFailuresTest {

    static Stream<Failure> failures() {
        return Stream.of(
                new Failure.InvalidArgument("shape: [2] (expected: [3])"),
                new Failure.Unauthenticated("no key"),
                new Failure.PermissionDenied("scope: infer (expected: admin)"),
                new Failure.AlreadyExists("model 'x' exists"),
                new Failure.Aborted("model 'x' has changed"),
                new Failure.NotFound("model 'x' is unknown"),
                new Failure.FailedPrecondition("tokenizer.json: malformed"),
                new Failure.ResourceExhausted("queue is full", Duration.ofMillis(250)),
                new Failure.DeadlineExceeded("too late"),
                new Failure.Cancelled("gone"),
                new Failure.Unavailable("loading"),
                new Failure.Unimplemented("UINT32"),
                new Failure.Internal("defect", null));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void failureSurvivesTheWire(Failure failure) {
        Failure received = GrpcFailures.toFailure(GrpcFailures.toStatus(failure));

        assertThat(received).hasSameClassAs(failure).hasMessage(failure.getMessage());
    }

    @Test
    void retryHintSurvivesTheWire() {
        StatusRuntimeException status =
                GrpcFailures.toStatus(new Failure.ResourceExhausted("full", Duration.ofMillis(1500)));

        Failure received = GrpcFailures.toFailure(status);

        assertThat(received)
                .isInstanceOfSatisfying(Failure.ResourceExhausted.class, exhausted -> assertThat(exhausted.retryAfter())
                        .isEqualTo(Duration.ofMillis(1500)));
    }

    @Test
    void thatItWasTriedAgainSurvivesTheWire() {
        StatusRuntimeException status = GrpcFailures.toStatus(Failure.Unavailable.afterRetries("away"));

        assertThat(GrpcFailures.toFailure(status))
                .isInstanceOfSatisfying(Failure.Unavailable.class, away -> assertThat(away.isAfterRetries())
                        .isTrue());
        assertThat(GrpcFailures.toFailure(GrpcFailures.toStatus(new Failure.Unavailable("away"))))
                .isInstanceOfSatisfying(Failure.Unavailable.class, away -> assertThat(away.isAfterRetries())
                        .isFalse());
    }

    @Test
    void unexpectedExceptionIsInternalAndKeepsItsMessageToItself() {
        Failure failure = GrpcFailures.toFailure(new IllegalStateException("password=hunter2"));

        assertThat(failure).isInstanceOf(Failure.Internal.class);
        assertThat(failure.getMessage()).doesNotContain("hunter2");
    }

    @Test
    void everyCanonicalCodeHasAFailure() {
        for (Status.Code code : Status.Code.values()) {
            assertThat(GrpcFailures.toFailure(code.toStatus().asRuntimeException()))
                    .isNotNull();
        }
    }
}
