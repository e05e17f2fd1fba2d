package dev.weft.kit.config;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Environment variables that look like Weft's and configure nothing.
 *
 * @param misspelt in an area that this process has keys in
 * @param foreign in an area that no service has
 */
record UnknownVariables(Set<String> misspelt, Set<String> foreign) {

    private static final String PREFIX = "WEFT_";

    /** What an environment that all services share may hold for others. */
    private static final Set<String> SERVICES = Set.of("GATEWAY", "INFERENCE", "TRAINING", "EMBEDDING");

    /** What Kubernetes tells each pod about a Service whose name begins with weft. */
    private static final Pattern SERVICE_LINK = Pattern.compile(
            "WEFT_(.+_)?(SERVICE_HOST|SERVICE_PORT(_.+)?|PORT(_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)");

    /**
     * Compares.
     *
     * @param names of the variables
     * @param keys that exist, with {@code *} for the key of a map and {@code [*]} for a place in a list
     */
    static UnknownVariables of(Set<String> names, Collection<String> keys) {
        List<Pattern> known = keys.stream().map(UnknownVariables::pattern).toList();
        Set<String> areas = new TreeSet<>();
        keys.forEach(key -> areas.add(area(variable(key))));
        UnknownVariables unknown = new UnknownVariables(new TreeSet<>(), new TreeSet<>());
        for (String name : names) {
            if (!name.startsWith(PREFIX)
                    || SERVICE_LINK.matcher(name).matches()
                    || known.stream()
                            .anyMatch(key -> key.matcher(variable(name)).matches())) {
                continue;
            }
            String area = area(name);
            if (areas.contains(area)) {
                unknown.misspelt.add(name);
            } else if (!SERVICES.contains(area)) {
                unknown.foreign.add(name);
            }
        }
        return unknown;
    }

    /** As a key is written as a variable; quotes and brackets leave several underscores, of which one counts. */
    private static String variable(String key) {
        return key.toUpperCase(Locale.ROOT)
                .replaceAll("[^A-Z0-9*]", "_")
                .replaceAll("_+", "_")
                .replaceAll("_$", "");
    }

    private static Pattern pattern(String key) {
        return Pattern.compile(variable(key).replace("*", ".+"));
    }

    /** The word after the prefix. */
    private static String area(String variable) {
        int end = variable.indexOf('_', PREFIX.length());
        return variable.substring(Math.min(PREFIX.length(), variable.length()), end < 0 ? variable.length() : end);
    }
}
