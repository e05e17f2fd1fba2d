package dev.weft.training.runtime;

/** How a training process ends. The codes are those of {@code sysexits.h}; a code that is not here means {@link #DEFECT}. */
public enum RuntimeExit {

    /** There is a result. */
    SUCCESS(0),

    /** The job cannot succeed: its data or parameters are wrong. Not repeated. */
    BAD_INPUT(65),

    /** Something went wrong that is not expected. Repeated, within the job's limit. */
    DEFECT(70),

    /** What the job needs was not there: repeated, within the job's limit. */
    TEMPORARY(75);

    private final int code;

    RuntimeExit(int code) {
        this.code = code;
    }

    /** The process' exit code. */
    public int code() {
        return code;
    }

    /** True when the same job may succeed another time. */
    public boolean isWorthRepeating() {
        return this == TEMPORARY || this == DEFECT;
    }

    /** What a code means. */
    public static RuntimeExit of(int code) {
        for (RuntimeExit exit : values()) {
            if (exit.code == code) {
                return exit;
            }
        }
        return DEFECT;
    }
}
