package dev.weft.inference.nativelibrary;

import dev.weft.kit.error.Failure.FailedPrecondition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Tells ONNX Runtime and DJL where their native libraries lie, so that neither unpacks its own, and that nothing is fetched or
 * reported anywhere. To be called before either is used.
 */
public final class NativeLibraries {

    private static final boolean NATIVE_IMAGE = System.getProperty("org.graalvm.nativeimage.imagecode") != null;

    private NativeLibraries() {}

    /**
     * Uses the libraries of a folder: {@code libonnxruntime}, {@code libonnxruntime4j_jni} and {@code libtokenizers}.
     *
     * @param configured the folder; where there is none, a native executable looks into {@code native-libraries} beside itself, and
     *     on the JVM each library unpacks its own copy into a temporary folder
     * @throws FailedPrecondition when the folder does not hold them
     */
    public static void use(Optional<Path> configured) {
        // No call to EC2's metadata service, no report of use, no download.
        System.setProperty("ai.djl.offline", "true");
        System.setProperty("OPT_OUT_TRACKING", "true");
        Optional<Path> folder = configured.or(() -> NATIVE_IMAGE ? Optional.of(besideExecutable()) : Optional.empty());
        if (folder.isEmpty()) {
            return;
        }
        Path libraries = folder.get().toAbsolutePath();
        Path tokenizers = libraries.resolve(System.mapLibraryName("tokenizers"));
        if (!Files.isRegularFile(tokenizers)) {
            throw new FailedPrecondition("native libraries: no " + tokenizers
                    + " (expected: weft.inference.native-libraries to name the folder that has it)");
        }
        System.setProperty("onnxruntime.native.path", libraries.toString());
        // The file, not its folder: for a folder DJL asks for a GPU's architecture and fails where there is none.
        System.setProperty("RUST_LIBRARY_PATH", tokenizers.toString());
    }

    private static Path besideExecutable() {
        return ProcessHandle.current()
                .info()
                .command()
                .map(Path::of)
                .map(NativeLibraries::real)
                .map(executable -> executable.resolveSibling("native-libraries"))
                .orElseGet(() -> Path.of("native-libraries"));
    }

    private static Path real(Path executable) {
        try {
            return executable.toRealPath();
        } catch (IOException _) {
            return executable;
        }
    }
}
