package dev.weft.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.training.backend.kubernetes.KubernetesConfig;
import dev.weft.training.backend.local.LocalConfig;
import dev.weft.training.backend.worker.WorkerConfig;
import dev.weft.training.dispatch.DispatchConfig;
import dev.weft.training.job.JobFixture;
import dev.weft.training.job.JobsConfig;
import dev.weft.training.job.OutputLimits;
import dev.weft.training.publish.PublishConfig;
import io.smallrye.config.ConfigValidationException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrainingConfigTest {

    private static <T> T defaults(Class<T> type) {
        return JobFixture.config(type, Map.of());
    }

    @Test
    void defaultsOfJobs() {
        JobsConfig jobs = defaults(JobsConfig.class);

        assertThat(jobs.defaultBackend()).isEqualTo("local");
        assertThat(jobs.defaultDeadline()).isEqualTo(Duration.ofHours(24));
        assertThat(jobs.defaultAttempts()).isEqualTo(3);
        assertThat(jobs.maxOpen()).isEqualTo(10_000);
        assertThat(jobs.maxDataBytes()).isEqualTo(8 << 20);
        assertThat(jobs.outputLimits()).isEqualTo(new OutputLimits(100_000, 100_000, 4096));
        assertThat(jobs.leaseTerm()).isEqualTo(Duration.ofSeconds(15));
    }

    @Test
    void defaultsOfDispatch() {
        DispatchConfig dispatch = defaults(DispatchConfig.class);

        assertThat(dispatch.enabled()).isTrue();
        assertThat(dispatch.interval()).isEqualTo(Duration.ofSeconds(1));
        assertThat(dispatch.pollInterval()).isEqualTo(Duration.ofMillis(500));
        assertThat(dispatch.parallelism()).isEqualTo(8);
        assertThat(dispatch.stepTimeout()).isEqualTo(Duration.ofSeconds(20));
        assertThat(dispatch.publishTimeout()).isEqualTo(Duration.ofMinutes(5));
        assertThat(dispatch.publishPatience()).isEqualTo(Duration.ofHours(1));
        assertThat(dispatch.firstBackoff()).isEqualTo(Duration.ofSeconds(2));
        assertThat(dispatch.longestBackoff()).isEqualTo(Duration.ofMinutes(5));
        assertThat(dispatch.maxStepFailures()).isEqualTo(20);
        assertThat(dispatch.maxGivenBack()).isEqualTo(20);
        assertThat(dispatch.sweepInterval()).isEqualTo(Duration.ofSeconds(30));
        assertThat(dispatch.siteTimeout()).isEqualTo(Duration.ofMinutes(5));
        assertThat(dispatch.keepRuns()).isEqualTo(Duration.ofHours(24));
        assertThat(dispatch.scratchFolder()).isEqualTo(Path.of("training-scratch"));
    }

    @Test
    void defaultsOfBackends() {
        LocalConfig local = defaults(LocalConfig.class);
        WorkerConfig worker = defaults(WorkerConfig.class);
        KubernetesConfig kubernetes = defaults(KubernetesConfig.class);

        assertThat(local.folder()).isEqualTo(Path.of("training-runs"));
        assertThat(local.maxRuns()).isOne();
        assertThat(local.maxOutput().asLongValue()).isEqualTo(64L << 20);
        assertThat(local.grace()).isEqualTo(Duration.ofSeconds(10));
        assertThat(local.nice()).isEqualTo(5);
        assertThat(local.environment()).isEmpty();
        assertThat(local.dataFolders()).isEmpty();
        assertThat(local.settings()).isEmpty();
        assertThat(worker.maxRuns()).isEqualTo(100);
        assertThat(worker.leaseTerm()).isEqualTo(Duration.ofSeconds(60));
        assertThat(worker.grace()).isEqualTo(Duration.ofSeconds(60));
        assertThat(worker.maxArtefact().asLongValue()).isEqualTo(512L << 20);
        assertThat(kubernetes.maxRuns()).isZero();
        assertThat(kubernetes.namespace()).isEqualTo("default");
        assertThat(kubernetes.installation()).isEqualTo("weft");
        assertThat(kubernetes.gpuResource()).isEqualTo("nvidia.com/gpu");
        assertThat(kubernetes.ttl()).isEqualTo(Duration.ofHours(24));
        assertThat(kubernetes.pullPatience()).isEqualTo(Duration.ofMinutes(5));
        assertThat(kubernetes.queue()).isEmpty();
    }

    @Test
    void defaultsOfPublishing() {
        assertThat(defaults(PublishConfig.class).defaultStore()).isEqualTo("file");
        assertThat(defaults(PublishConfig.class).catalogTarget()).isEmpty();
        assertThat(defaults(PublishConfig.class).alias()).isEqualTo("stable");
    }

    @ParameterizedTest
    @CsvSource({
        "dev.weft.training.job.JobsConfig, weft.training.jobs.default-dead-line, 1h",
        "dev.weft.training.dispatch.DispatchConfig, weft.training.dispatch.intervall, 1s",
        "dev.weft.training.backend.local.LocalConfig, weft.training.local.max-run, 2",
        "dev.weft.training.backend.worker.WorkerConfig, weft.training.worker.lease, 2s",
        "dev.weft.training.backend.kubernetes.KubernetesConfig, weft.training.kubernetes.name-space, x",
        "dev.weft.training.publish.PublishConfig, weft.training.publish.store, pg",
        "dev.weft.training.job.JobsConfig, weft.training.jobs.default-attempts, 0",
        "dev.weft.training.job.JobsConfig, weft.training.jobs.default-backend, Local",
        "dev.weft.training.job.JobsConfig, weft.training.jobs.max-data-bytes, 20000000",
        "dev.weft.training.dispatch.DispatchConfig, weft.training.dispatch.parallelism, 0",
        "dev.weft.training.dispatch.DispatchConfig, weft.training.dispatch.max-given-back, -1",
        "dev.weft.training.dispatch.DispatchConfig, weft.training.dispatch.step-timeout, 1ms",
        "dev.weft.training.backend.local.LocalConfig, weft.training.local.max-runs, -1",
        "dev.weft.training.backend.worker.WorkerConfig, weft.training.worker.lease-term, 1ms",
        "dev.weft.training.backend.kubernetes.KubernetesConfig, weft.training.kubernetes.max-runs, -1"
    })
    void keyOrValueThatIsNoneIsRefused(Class<?> type, String key, String value) {
        assertThatThrownBy(() -> JobFixture.config(type, Map.of(key, value)))
                .isInstanceOf(ConfigValidationException.class)
                .hasMessageContaining(key.substring(key.lastIndexOf('.') + 1));
    }
}
