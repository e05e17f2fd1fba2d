package dev.weft.inference.lifecycle;

import dev.weft.inference.backend.onnxruntime.Cuda;
import dev.weft.inference.device.CpuInfo;
import dev.weft.inference.device.Device;
import dev.weft.inference.device.DeviceMode;
import dev.weft.inference.nativelibrary.NativeLibraries;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.telemetry.MetricNames;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.inject.Singleton;
import java.util.Optional;
import org.jboss.logging.Logger;

/** What this process computes on. Decided once, at start; the choice and its reason are in the log, the metadata and the metrics. */
@Singleton
public class DeviceSelection {

    private static final Logger LOG = Logger.getLogger(DeviceSelection.class);

    private final Device device;
    private final String reason;

    DeviceSelection(EngineConfig config, MeterRegistry meters) {
        NativeLibraries.use(config.nativeLibraries());
        Choice choice = choose(config, CpuInfo.read());
        device = choice.device();
        reason = choice.reason();
        LOG.infof("device: %s (%s)", device, reason);
        Gauge.builder(MetricNames.INFERENCE_DEVICE, () -> 1)
                .description("What models compute on, and why")
                .tags("device", device.wireName(), "reason", reason)
                .register(meters);
    }

    private record Choice(Device device, String reason) {}

    private static Choice choose(EngineConfig config, Device.Cpu cpu) {
        if (config.device() == DeviceMode.CPU) {
            return new Choice(cpu, "as configured");
        }
        Device.Cuda cuda = new Device.Cuda(config.cudaDevice());
        Optional<String> obstacle = Cuda.whyNot(config.cudaDevice());
        if (obstacle.isEmpty()) {
            return new Choice(cuda, "CUDA works");
        }
        if (config.device() == DeviceMode.CUDA) {
            throw new FailedPrecondition("weft.inference.device: cuda, which does not work: " + obstacle.get()
                    + " (expected: a GPU that ONNX Runtime can use, or device auto or cpu)");
        }
        return new Choice(cpu, "no CUDA: " + obstacle.get());
    }

    /** What models compute on. */
    public Device device() {
        return device;
    }

    /** Device and reason, for whoever looks at the server. */
    public String describe() {
        return device.wireName() + " (" + reason + ")";
    }
}
