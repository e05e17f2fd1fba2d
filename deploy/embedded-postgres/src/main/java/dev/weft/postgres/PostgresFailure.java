package dev.weft.postgres;

/** Something that keeps PostgreSQL from running; the message is all that its user needs. */
public final class PostgresFailure extends RuntimeException {
    public PostgresFailure(String message) {
        super(message);
    }

    @Override
    public String getMessage() {
        return String.valueOf(super.getMessage());
    }
}
