package dev.weft.inference.nativelibrary;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.oracle.svm.core.annotate.Substitute;
import com.oracle.svm.core.annotate.TargetClass;
import java.nio.file.Path;
import java.util.Map;

/**
 * For native executables only: cuts out of DJL what Weft does not use and whose libraries are not on the class path (the CUDA probe
 * by JNA, telemetry and tokenizer_config.json by Gson).
 */
final class Substitutions {
    private Substitutions() {}
}

@TargetClass(className = "ai.djl.huggingface.tokenizers.jni.LibUtils")
final class TargetLibUtils {
    private TargetLibUtils() {}

    @Substitute
    @SuppressWarnings({"restricted", "UnusedMethod"}) // DJL calls it
    private static void loadLibrary() {
        System.load(System.getProperty("RUST_LIBRARY_PATH"));
    }
}

@TargetClass(className = "ai.djl.util.Ec2Utils")
final class TargetEc2Utils {
    private TargetEc2Utils() {}

    @Substitute
    public static void callHome(String engine) {
        // nobody is called
    }
}

@TargetClass(className = "ai.djl.huggingface.tokenizers.HuggingFaceTokenizer")
final class TargetHuggingFaceTokenizer {
    private TargetHuggingFaceTokenizer() {}

    @Substitute
    @SuppressWarnings("DoNotCallSuggester")
    public static HuggingFaceTokenizer newInstance(Path modelPath, String configPath, Map<String, String> options) {
        throw new IllegalStateException("tokenizer_config.json is not read by DJL here");
    }
}
