package dev.weft.local.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weft.local.demo.Demo;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** The loop that Weft closes: train, publish, serve, ask, at a mesh of real processes. */
class DemoIT {

    @Test
    void whatIsTrainedIsServedWithoutARestart() {
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        try (TestMesh mesh = new TestMesh()) {
            mesh.start();

            double accuracy = new Demo(
                            "http://" + mesh.address(),
                            TestMesh.root().resolve("deploy/examples/banking-intents"),
                            new PrintStream(said, true, StandardCharsets.UTF_8))
                    .run();

            assertThat(accuracy).isGreaterThan(0.9);
            assertThat(said.toString(StandardCharsets.UTF_8)).contains("card_lost");
        }
    }
}
