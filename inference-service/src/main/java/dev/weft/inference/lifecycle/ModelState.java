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
    record Unavailable(String reason) implements ModelState {}
}
