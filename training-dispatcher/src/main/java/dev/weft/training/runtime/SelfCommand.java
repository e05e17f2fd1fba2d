package dev.weft.training.runtime;

import dev.weft.kit.error.Failure.FailedPrecondition;
import java.io.File;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;

/** How this program starts itself in another mode, as a process of its own: the same executable, or the same Java with the same class path. */
public final class SelfCommand {

    private static final String NATIVE = "org.graalvm.nativeimage.imagecode";

    private SelfCommand() {}

    /**
     * The program and its first arguments.
     *
     * @param mainClass what runs when this is neither a native executable nor a packaged service
     * @param mode the program's first argument
     * @param memoryBytes what a Java may use for its heap
     */
    public static List<String> of(String mainClass, String mode, long memoryBytes) {
        String program = ProcessHandle.current()
                .info()
                .command()
                .orElseThrow(() -> new FailedPrecondition("this system does not tell which program this process runs"));
        List<String> command = new ArrayList<>(List.of(program));
        command.add("-Xmx" + memoryBytes);
        if (System.getProperty(NATIVE) == null) {
            ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                    .filter(SelfCommand::isKept)
                    .forEach(command::add);
            command.add("-XX:+UseSerialGC");
            String classPath = System.getProperty("java.class.path");
            boolean packaged = classPath.endsWith("quarkus-run.jar") && !classPath.contains(File.pathSeparator);
            command.addAll(packaged ? List.of("-jar", classPath) : List.of("-cp", classPath, mainClass));
        }
        command.add(mode);
        return List.copyOf(command);
    }

    /** What of this process' own options is about its machine rather than about its size. */
    private static boolean isKept(String option) {
        return option.startsWith("--enable-native-access")
                || option.startsWith("--sun-misc-unsafe-memory-access")
                || option.startsWith("-Djava.util.logging.manager");
    }
}
