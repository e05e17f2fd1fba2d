package dev.weft.gateway.catalog;

/**
 * What a model's name stands for at this moment.
 *
 * @param name the model's own
 * @param version in decimal digits; empty when the replicas choose, as for a model that is not in the catalog
 * @param key by which replicas are chosen: {@code name:version}, or the name alone when the replicas choose the version
 * @param sourceUri where a replica that does not have it gets it; empty when it lies in the folders of the replicas
 * @param manifestSha256 digest of its manifest; empty when the source is
 * @param serving how it is served
 */
public record ResolvedModel(
        String name, String version, String key, String sourceUri, String manifestSha256, Serving serving) {

    /** A model of which the catalog knows nothing. */
    static ResolvedModel unknown(String name) {
        return new ResolvedModel(name, "", name, "", "", Serving.DEFAULT);
    }

    static ResolvedModel of(CatalogModel model, ModelVersion version) {
        String number = Long.toString(version.number());
        return new ResolvedModel(
                model.name(),
                number,
                model.name() + ":" + number,
                version.sourceUri(),
                version.manifestSha256(),
                model.serving());
    }

    /** The same, to be answered by nobody else. */
    public ResolvedModel withoutFallbacks() {
        return new ResolvedModel(name, version, key, sourceUri, manifestSha256, Serving.DEFAULT);
    }

    /** True when every replica can have it, whether it lies in its folders or not. */
    public boolean isObtainable() {
        return !sourceUri.isEmpty();
    }
}
