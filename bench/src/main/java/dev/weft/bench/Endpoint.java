package dev.weft.bench;

import java.util.concurrent.atomic.LongAdder;

/**
 * Where a service listens, and how many requests have been sent there.
 *
 * @param service its name
 * @param address host and port
 */
record Endpoint(String service, String address, LongAdder sent) {

    Endpoint(String service, int port) {
        this(service, "127.0.0.1:" + port, new LongAdder());
    }
}
