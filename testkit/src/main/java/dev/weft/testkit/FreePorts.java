package dev.weft.testkit;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Ports for servers that a test starts, and starts again. They are not of the range from which systems give connections theirs (32768 and up), or
 * somebody's connection would sooner or later have the port at the moment at which the server wants it.
 */
public final class FreePorts {

    private static final int FIRST = 20_000;
    private static final int END = 32_000;
    private static final int ATTEMPTS = 100;

    private FreePorts() {}

    /** A port of the loopback interface on which nobody listens. */
    public static int next() {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            int port = ThreadLocalRandom.current().nextInt(FIRST, END);
            try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
                return socket.getLocalPort();
            } catch (IOException _) {
                // Taken.
            }
        }
        throw new IllegalStateException(ATTEMPTS + " ports were all taken");
    }
}
