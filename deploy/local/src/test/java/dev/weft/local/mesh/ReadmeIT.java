package dev.weft.local.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Executes the {@code sh} blocks of README.md and docs/ that call the mesh by curl, and compares what they print with the lines
 * behind {@code # prints}; an ellipsis stands for anything.
 */
class ReadmeIT {

    private static final Pattern BLOCK = Pattern.compile("```sh\\n(.*?)```", Pattern.DOTALL);

    private record Example(String command, String expected) {}

    @TestFactory
    List<DynamicTest> everyExamplePrintsWhatIsWritten() throws IOException {
        TestMesh mesh = new TestMesh().start();
        List<DynamicTest> tests = new ArrayList<>();
        List<Path> documents = new ArrayList<>(List.of(TestMesh.root().resolve("README.md")));
        try (var files = Files.list(TestMesh.root().resolve("docs"))) {
            files.filter(file -> file.toString().endsWith(".md")).sorted().forEach(documents::add);
        }
        for (Path document : documents) {
            for (Example example : examples(document)) {
                tests.add(DynamicTest.dynamicTest(
                        document.getFileName() + ": "
                                + example.command().lines().findFirst().orElse(""),
                        () -> check(example, mesh)));
            }
        }
        assertThat(tests).hasSizeGreaterThan(5);
        tests.add(DynamicTest.dynamicTest("the mesh stops", mesh::close));
        return tests;
    }

    private static List<Example> examples(Path document) throws IOException {
        return BLOCK.matcher(Files.readString(document))
                .results()
                .map(block -> block.group(1))
                .filter(block -> block.contains("# prints"))
                .map(block -> {
                    int prints = block.indexOf("# prints");
                    String expected = block.substring(prints + "# prints".length())
                            .lines()
                            .map(line -> line.replaceFirst("^# ?", ""))
                            .collect(Collectors.joining("\n"));
                    return new Example(block.substring(0, prints).strip(), expected.strip());
                })
                .toList();
    }

    private static void check(Example example, TestMesh mesh) throws IOException, InterruptedException {
        String command = example.command().replace("127.0.0.1:8080", mesh.address());
        Path folder = Files.createTempDirectory(mesh.options().data(), "example");
        Path output = folder.resolve("output.txt");
        Process shell = new ProcessBuilder("sh", "-c", command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        assertThat(shell.waitFor(60, TimeUnit.SECONDS)).isTrue();
        String pattern = Arrays.stream(example.expected().split("…", -1))
                .map(Pattern::quote)
                .collect(Collectors.joining("(?s:.*)"));
        assertThat(Files.readString(output).strip()).matches(pattern);
    }
}
