package dev.weft.inference.lifecycle;

import dev.weft.inference.modelpackage.ModelId;
import dev.weft.inference.modelpackage.ModelPackageReader;
import dev.weft.kit.error.Failure.FailedPrecondition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The folders that model packages lie in; V2's repository. Reads the disk at every call, so that what is added later is found. */
final class ModelRepository {

    private final List<Path> folders;

    ModelRepository(List<Path> folders) {
        this.folders = folders.stream().map(Path::toAbsolutePath).toList();
    }

    /** Every version of every model and the folder of its package. */
    SortedMap<ModelId, Path> scan() {
        SortedMap<ModelId, Path> found = new TreeMap<>();
        for (Path folder : folders) {
            for (Path model : subfolders(folder)) {
                String name = model.getFileName().toString();
                boolean first =
                        found.keySet().stream().noneMatch(id -> id.name().equals(name));
                if (first && ModelId.isName(name)) {
                    found.putAll(versions(name, model));
                }
            }
        }
        return found;
    }

    /** The versions of one model; empty when the repository has no such model. */
    SortedMap<ModelId, Path> scan(String name) {
        if (!ModelId.isName(name)) {
            return new TreeMap<>();
        }
        for (Path folder : folders) {
            Path model = folder.resolve(name);
            if (Files.isDirectory(model)) {
                return new TreeMap<>(versions(name, model));
            }
        }
        return new TreeMap<>();
    }

    /** A folder of numbered folders is a folder of versions; any other is a package itself, as version 1. */
    private static Map<ModelId, Path> versions(String name, Path model) {
        Map<ModelId, Path> versions = new TreeMap<>();
        if (!ModelPackageReader.isPackage(model)) {
            for (Path version : subfolders(model)) {
                String number = version.getFileName().toString();
                if (ModelId.isVersion(number)) {
                    versions.put(new ModelId(name, Long.parseLong(number)), version);
                }
            }
        }
        if (versions.isEmpty()) {
            versions.put(new ModelId(name, 1), model);
        }
        return versions;
    }

    private static List<Path> subfolders(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(Files::isDirectory).sorted().toList();
        } catch (IOException e) {
            throw new FailedPrecondition("model folder " + folder + " cannot be read: " + e.getMessage());
        }
    }
}
