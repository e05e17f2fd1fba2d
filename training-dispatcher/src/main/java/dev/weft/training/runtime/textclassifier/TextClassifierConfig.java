package dev.weft.training.runtime.textclassifier;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import jakarta.validation.constraints.NotBlank;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What the built-in runtime {@code text-classifier} needs and no job may choose. */
@ConfigMapping(prefix = "weft.training.text-classifier")
public interface TextClassifierConfig {

    /** Host and port at which embedding models answer, as the processes that train see it: inference-service, or the gateway. */
    @WithDefault("127.0.0.1:8081")
    @NotBlank
    String inferenceTarget();

    /** By what those processes and the inference target know each other, where the target speaks TLS. */
    Tls tls();

    /** Files as the processes that train see them; PEM, read when a process starts. */
    interface Tls {

        /** The authorities that the target's certificate may be of. Plain text when not set. */
        Optional<Path> authorityFile();

        /** The certificate to show, for mTLS. */
        Optional<Path> certificateFile();

        /** Its key, PKCS #8. */
        Optional<Path> keyFile();
    }

    /** Folders of model packages, as inference-service has them ({@code weft.inference.model-folders}): where encoders' files are. */
    @WithDefault("models")
    List<Path> modelFolders();

    /** Embedding models whose packages lie in a model store: their URIs by name. They go before the folders. */
    Map<String, String> encoders();
}
