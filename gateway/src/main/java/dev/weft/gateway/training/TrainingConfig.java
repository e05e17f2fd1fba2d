package dev.weft.gateway.training;

import io.quarkus.runtime.configuration.MemorySize;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.NotBlank;

/** Where training-dispatcher is, and what fine-tuning asks it for. */
@ConfigMapping(prefix = "weft.gateway.training")
public interface TrainingConfig {

    /** gRPC target: {@code host:port}, or {@code dns:///name:port}, to whose addresses calls go in turn. */
    @WithDefault("127.0.0.1:8082")
    @NotBlank
    String target();

    /** The largest answer that is taken. */
    @WithDefault("33M")
    MemorySize maxMessage();

    /** What {@code /v1/fine_tuning/jobs} runs: a runtime with a parameter {@code model}, for the model that is tuned. */
    @WithDefault("text-classifier")
    @NotBlank
    String fineTuningRuntime();

    /** The largest file of which such a job is made; it goes along with the job, so training-dispatcher's own limit counts, too. */
    @WithDefault("8M")
    MemorySize maxFineTuningFile();
}
