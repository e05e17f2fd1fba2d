package dev.weft.inference.lifecycle;

/** Where one version of a model stands on this replica. */
public sealed interface ModelState {

    /** Its package is being read or its graph loaded; an earlier load of it may still serve. */
    record Loading() implements ModelState {}

    /**
     * It can be asked.
     *
     * @param reason why what lies in the repository now has not taken its place; empty when nothing went wrong
     */
    record Ready(ServedModel model, String reason) implements ModelState {}

    /** Requests in flight are being finished. */
    record Unloading() implements ModelState {}

    /** It cannot be asked until somebody loads it. */
    record Unavailable(Cause cause, String reason) implements ModelState {}

    /** Why a model is not loaded. */
    enum Cause {
        /** Nobody has needed it, or another one needed the room. Whoever needs it may load it. */
        NOT_NEEDED,
        /** Somebody unloaded it, and is not to be overruled by a request that comes along. */
        UNLOADED,
        /** Its load failed. */
        FAILED
    }
}
