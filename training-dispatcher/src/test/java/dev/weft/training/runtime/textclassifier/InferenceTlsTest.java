package dev.weft.training.runtime.textclassifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.testkit.TestCertificates;
import dev.weft.testkit.TestCertificates.Issued;
import io.grpc.InsecureChannelCredentials;
import io.grpc.TlsChannelCredentials;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InferenceTlsTest {

    @TempDir
    private Path folder;

    @Test
    void withoutFilesItIsPlainText() {
        assertThat(InferenceTls.of(Map.of("inference", "127.0.0.1:8081")))
                .isInstanceOf(InsecureChannelCredentials.class);
    }

    @Test
    void filesAreReadWhenTheProcessStarts() {
        TestCertificates ours = new TestCertificates(folder);
        Issued issued = ours.issue("training");

        assertThat(InferenceTls.of(Map.of(
                        InferenceTls.AUTHORITY, ours.authority().toString(),
                        InferenceTls.CERTIFICATE, issued.certificate().toString(),
                        InferenceTls.KEY, issued.key().toString())))
                .isInstanceOfSatisfying(TlsChannelCredentials.class, credentials -> {
                    assertThat(credentials.getRootCertificates()).isNotEmpty();
                    assertThat(credentials.getCertificateChain()).isNotEmpty();
                    assertThat(credentials.getPrivateKey()).isNotEmpty();
                });
    }

    @Test
    void whatIsMissingIsNamed() {
        assertThatThrownBy(() -> InferenceTls.of(Map.of(InferenceTls.CERTIFICATE, "tls.crt")))
                .isInstanceOf(InvalidArgument.class)
                .hasMessageStartingWith("job.json: settings: inference_key_file: not set");
        assertThatThrownBy(
                        () -> InferenceTls.of(Map.of(InferenceTls.CERTIFICATE, "tls.crt", InferenceTls.KEY, "tls.key")))
                .isInstanceOf(InvalidArgument.class)
                .hasMessageStartingWith("job.json: settings: inference_authority_file: not set");
        String absent = folder.resolve("ca.crt").toString();
        assertThatThrownBy(() -> InferenceTls.of(Map.of(InferenceTls.AUTHORITY, absent)))
                .isInstanceOf(InvalidArgument.class)
                .hasMessageContaining("inference_authority_file: '" + absent + "'");
    }
}
