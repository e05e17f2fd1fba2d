package dev.weft.local.process;

/** Something that keeps the mesh from running; the message is all that its user needs. */
public final class LaunchFailure extends RuntimeException {
    public LaunchFailure(String message) {
        super(message);
    }
}
