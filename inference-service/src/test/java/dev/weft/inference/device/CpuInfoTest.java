package dev.weft.inference.device;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.inference.device.Device.Cpu;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CpuInfoTest {

    @TempDir
    private Path root;

    private void write(String file, String content) throws IOException {
        Path path = root.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, content);
    }

    @ParameterizedTest
    @CsvSource({"max 100000, 8", "200000 100000, 2", "250000 100000, 2", "50000 100000, 1", "1600000 100000, 8"})
    void coresAreThoseOfTheContainer(String cpuMax, int cores) throws IOException {
        write("sys/fs/cgroup/cpu.max", cpuMax + "\n");

        assertThat(CpuInfo.read(root, 8).cores()).isEqualTo(cores);
    }

    @ParameterizedTest
    @CsvSource({"-1, 8", "300000, 3"})
    void olderContainersSayItInTwoFiles(String quota, int cores) throws IOException {
        write("sys/fs/cgroup/cpu/cpu.cfs_quota_us", quota + "\n");
        write("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");

        assertThat(CpuInfo.read(root, 8).cores()).isEqualTo(cores);
    }

    @ParameterizedTest
    @CsvSource({
        "flags : fpu avx2 avx512_vnni, true",
        "flags : fpu avx2 avx_vnni, true",
        "flags : fpu avx2, false",
        "Features : fp asimd asimddp, true"
    })
    void instructionsForInt8AreFound(String line, boolean int8) throws IOException {
        write("proc/cpuinfo", "processor : 0\n" + line + "\n");

        assertThat(CpuInfo.read(root, 8)).isEqualTo(new Cpu(8, int8));
    }

    @Test
    void int8GraphsComeFirstOnlyWhereTheyAreFaster() {
        assertThat(new Cpu(2, true).variants().getFirst()).isEqualTo("model_quantized");
        assertThat(new Cpu(2, false).variants().getFirst()).isEqualTo("model");
        assertThat(new Device.Cuda(0).variants().getFirst()).isEqualTo("model_fp16");
    }
}
