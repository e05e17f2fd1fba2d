package dev.weft.local.manifests;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.Annotated;
import com.fasterxml.jackson.databind.introspect.JacksonAnnotationIntrospector;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceAccount;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.StatefulSet;
import io.fabric8.kubernetes.api.model.autoscaling.v2.HorizontalPodAutoscaler;
import io.fabric8.kubernetes.api.model.networking.v1.NetworkPolicy;
import io.fabric8.kubernetes.api.model.policy.v1.PodDisruptionBudget;
import io.fabric8.kubernetes.api.model.rbac.ClusterRoleBinding;
import io.fabric8.kubernetes.api.model.rbac.Role;
import io.fabric8.kubernetes.api.model.rbac.RoleBinding;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Kubernetes objects, read as the API server reads them with strict field validation: a field that there is not is an error. */
record Manifests(List<Manifests.Read> objects) {

    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());

    private static final ObjectMapper STRICT = new ObjectMapper()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .setAnnotationIntrospector(new JacksonAnnotationIntrospector() {
                @Override
                public Boolean hasAnySetter(Annotated annotated) {
                    return false; // the model classes would keep what they do not know
                }
            });

    private static final Map<String, Class<?>> KINDS = Map.ofEntries(
            Map.entry("v1/ConfigMap", ConfigMap.class),
            Map.entry("v1/Namespace", Namespace.class),
            Map.entry("v1/PersistentVolumeClaim", PersistentVolumeClaim.class),
            Map.entry("v1/Secret", Secret.class),
            Map.entry("v1/Service", Service.class),
            Map.entry("v1/ServiceAccount", ServiceAccount.class),
            Map.entry("apps/v1/Deployment", Deployment.class),
            Map.entry("apps/v1/StatefulSet", StatefulSet.class),
            Map.entry("autoscaling/v2/HorizontalPodAutoscaler", HorizontalPodAutoscaler.class),
            Map.entry("networking.k8s.io/v1/NetworkPolicy", NetworkPolicy.class),
            Map.entry("policy/v1/PodDisruptionBudget", PodDisruptionBudget.class),
            Map.entry("rbac.authorization.k8s.io/v1/ClusterRoleBinding", ClusterRoleBinding.class),
            Map.entry("rbac.authorization.k8s.io/v1/Role", Role.class),
            Map.entry("rbac.authorization.k8s.io/v1/RoleBinding", RoleBinding.class));

    /** Kinds of operators, of which there are no classes. */
    private static final Set<String> FOREIGN =
            Set.of("keda.sh/v1alpha1/ScaledObject", "monitoring.coreos.com/v1/PodMonitor");

    /**
     * An object.
     *
     * @param typed null-free only for Kubernetes' own kinds
     */
    record Read(String kind, String name, JsonNode tree, Optional<Object> typed) {

        /** The template of its pods, if it has some. */
        Optional<PodTemplateSpec> pods() {
            return typed.flatMap(object -> switch (object) {
                case Deployment deployment -> Optional.of(deployment.getSpec().getTemplate());
                case StatefulSet set -> Optional.of(set.getSpec().getTemplate());
                default -> Optional.empty();
            });
        }

        @Override
        public String toString() {
            return kind + "/" + name;
        }
    }

    static Manifests parse(String yaml) {
        List<Read> objects = new ArrayList<>();
        try (var documents = YAML.readerFor(JsonNode.class).<JsonNode>readValues(yaml)) {
            while (documents.hasNext()) {
                JsonNode tree = documents.next();
                if (!tree.isEmpty()) {
                    objects.add(read(tree));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Manifests(objects);
    }

    private static Read read(JsonNode tree) throws IOException {
        String kind = tree.path("kind").asText();
        String name = tree.at("/metadata/name").asText();
        String type = tree.path("apiVersion").asText() + "/" + kind;
        if (FOREIGN.contains(type)) {
            return new Read(kind, name, tree, Optional.empty());
        }
        Class<?> known = KINDS.get(type);
        if (known == null) {
            throw new IllegalArgumentException(type + " '" + name + "' (expected: one of " + KINDS.keySet() + ")");
        }
        return new Read(kind, name, tree, Optional.of(STRICT.treeToValue(tree, known)));
    }

    List<Read> ofKind(String kind) {
        return objects.stream().filter(object -> object.kind().equals(kind)).toList();
    }

    List<Read> withPods() {
        return objects.stream().filter(object -> object.pods().isPresent()).toList();
    }
}
