package dev.weft.kit.config;

import io.quarkus.arc.InjectableBean;
import io.quarkus.arc.impl.ArcContainerImpl;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.config.ConfigMapping;
import io.smallrye.config.ConfigMappings.ConfigClass;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.lang.reflect.Type;
import java.util.HashSet;
import java.util.Set;
import org.jboss.logging.Logger;

/**
 * Refuses to start where an environment variable is misspelt. SmallRye Config refuses a key that does not exist in files and system properties,
 * but never in the environment, where it cannot tell dots from dashes.
 */
@Singleton
final class EnvironmentCheck {

    private static final Logger LOG = Logger.getLogger(EnvironmentCheck.class);

    private static final String OURS = "weft.";

    void start(@Observes @Priority(1) StartupEvent event) {
        Set<String> keys = keys();
        if (keys.isEmpty()) {
            LOG.warn("environment: variables cannot be checked, as no key is known");
            return;
        }
        UnknownVariables unknown = UnknownVariables.of(System.getenv().keySet(), keys);
        if (!unknown.misspelt().isEmpty()) {
            throw new IllegalStateException("environment: " + String.join(", ", unknown.misspelt())
                    + " (expected: keys that exist, see docs/configuration.md)");
        }
        if (!unknown.foreign().isEmpty()) {
            LOG.warnf(
                    "environment: %s configure nothing; were they meant for Weft, they are misspelt",
                    String.join(", ", unknown.foreign()));
        }
    }

    /** The keys of all mappings of this process; each is a bean, as somebody has it injected. */
    private static Set<String> keys() {
        Set<String> keys = new HashSet<>();
        // ArC's public interface finds beans by a type they all have, and these have none but their own.
        for (InjectableBean<?> bean : ArcContainerImpl.instance().getBeans()) {
            for (Type type : bean.getTypes()) {
                if (type instanceof Class<?> mapping && mapping.isInterface()) {
                    ConfigMapping annotation = mapping.getAnnotation(ConfigMapping.class);
                    if (annotation != null && annotation.prefix().startsWith(OURS)) {
                        keys.addAll(ConfigClass.configClass(mapping, annotation.prefix())
                                .getProperties()
                                .keySet());
                    }
                }
            }
        }
        return keys;
    }
}
