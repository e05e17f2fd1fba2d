package dev.weft.local.mesh;

/** In which form services are run. */
public enum Form {
    /** The JARs, with the AOT caches that there are. */
    JARS,
    /** The JARs, whose JVMs write their AOT caches when they end. */
    TRAINING,
    /** The native executables. */
    NATIVE;

    /** The usual two. */
    public static Form of(boolean isNative) {
        return isNative ? NATIVE : JARS;
    }
}
