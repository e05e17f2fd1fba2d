package dev.weft.bench;

/** One way to have texts embedded. Thread-safe. */
interface Target extends AutoCloseable {

    /** How the tables call it. */
    String label();

    /** How many texts one call embeds. */
    int rows();

    /** How many threads may call it when there are so many clients. */
    default int threads(int clients) {
        return clients;
    }

    /**
     * Makes the call of that number and waits for the vectors.
     *
     * @return tokens that were embedded
     * @throws Exception when there are no vectors
     */
    int call(int number) throws Exception;

    @Override
    default void close() {}
}
