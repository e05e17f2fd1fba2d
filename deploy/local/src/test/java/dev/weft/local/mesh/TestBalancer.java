package dev.weft.local.mesh;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntPredicate;

/**
 * Spreads connections, as a Service of Kubernetes does: a new one goes to a port that is ready, in turn; one that is there stays where it is.
 */
final class TestBalancer implements AutoCloseable {

    private static final int BUFFER = 1 << 14;

    private final ServerSocket listening;
    private final List<Integer> ports;
    private final IntPredicate isReady;
    private final Queue<String> log = new ConcurrentLinkedQueue<>();
    private final AtomicInteger turn = new AtomicInteger();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    TestBalancer(List<Integer> ports, IntPredicate isReady) throws IOException {
        this.ports = ports;
        this.isReady = isReady;
        listening = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
        threads.execute(this::accept);
    }

    /** Where connections went, and when. */
    String log() {
        return String.join("\n", log);
    }

    int port() {
        return listening.getLocalPort();
    }

    private void accept() {
        while (!listening.isClosed()) {
            try {
                Socket client = listening.accept();
                threads.execute(() -> connect(client));
            } catch (IOException _) {
                // Closed, or the client has left.
            }
        }
    }

    private void connect(Socket client) {
        try (client;
                Socket server = new Socket(InetAddress.getLoopbackAddress(), next())) {
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
            threads.execute(() -> copy(server, client));
            copy(client, server);
        } catch (IOException _) {
            // As if the client had found nobody.
        }
    }

    private int next() throws IOException {
        int first = turn.getAndIncrement();
        for (int tries = 0; tries < ports.size(); tries++) {
            int port = ports.get(Math.floorMod(first + tries, ports.size()));
            if (isReady.test(port)) {
                log.add(Instant.now() + " a connection to " + port);
                return port;
            }
        }
        log.add(Instant.now() + " none is ready");
        throw new IOException("none is ready");
    }

    private static void copy(Socket from, Socket to) {
        byte[] buffer = new byte[BUFFER];
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
                out.write(buffer, 0, length);
                out.flush();
            }
            to.shutdownOutput();
        } catch (IOException _) {
            try {
                to.close();
            } catch (IOException _) {
                // It is closed.
            }
        }
    }

    @Override
    public void close() throws IOException {
        listening.close();
        threads.shutdownNow();
    }
}
