package dev.weft.local.mesh;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicInteger;

/** A bad network between a client and a port of this machine: it breaks connections by which much was sent, a few times. */
final class CuttingProxy implements AutoCloseable {

    private final ServerSocket listener;
    private final int target;
    private final long cutAfterBytes;
    private final AtomicInteger cutsLeft;
    private final AtomicInteger cuts = new AtomicInteger();

    /**
     * Listens.
     *
     * @param cutAfterBytes that a client has sent by one connection
     * @param times how often that breaks it
     */
    CuttingProxy(int target, long cutAfterBytes, int times) {
        this.target = target;
        this.cutAfterBytes = cutAfterBytes;
        this.cutsLeft = new AtomicInteger(times);
        try {
            listener = new ServerSocket();
            listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().start(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    /** How many connections it has broken. */
    int cuts() {
        return cuts.get();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
                Thread.ofVirtual().start(() -> pass(client, server, cutAfterBytes));
                Thread.ofVirtual().start(() -> pass(server, client, Long.MAX_VALUE));
            } catch (IOException _) {
                // Nobody listens there any more, or here.
            }
        }
    }

    private void pass(Socket from, Socket to, long limit) {
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            byte[] buffer = new byte[1 << 16];
            long passed = 0;
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                out.write(buffer, 0, read);
                passed += read;
                if (passed > limit && cutsLeft.getAndDecrement() > 0) {
                    cuts.incrementAndGet();
                    return;
                }
            }
        } catch (IOException _) {
            // The other direction has ended.
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
