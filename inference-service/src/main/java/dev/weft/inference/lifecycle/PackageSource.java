package dev.weft.inference.lifecycle;

import dev.weft.store.ModelUri;

/**
 * Where a version's package comes from, when it does not lie in the folders.
 *
 * @param uri in a model store
 * @param digest of its manifest, 64 hexadecimal digits: what comes must be just this
 */
public record PackageSource(ModelUri uri, String digest) {}
