package dev.weft.kit.telemetry;

/** Keys of the logging context (MDC); they appear as fields of JSON logs. */
public final class LogKeys {

    /** The id that one request carries from the client through every service. */
    public static final String REQUEST_ID = "requestId";

    private LogKeys() {}
}
