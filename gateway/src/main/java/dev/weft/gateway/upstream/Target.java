package dev.weft.gateway.upstream;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;

/**
 * Where replicas are, as the configuration says it.
 *
 * @param host a name, which may stand for several addresses, or an address
 */
record Target(String host, int port) {

    private static final String DNS = "dns:///";

    /** Looks names up; blocks. */
    interface Resolver {
        InetAddress[] resolve(String name) throws UnknownHostException;
    }

    /**
     * Reads {@code host:port}, {@code [address]:port} or {@code dns:///name:port}.
     *
     * @param property for the message
     * @throws IllegalArgumentException when it is none of these
     */
    static Target parse(String property, String text) {
        String address = text.startsWith(DNS) ? text.substring(DNS.length()) : text;
        int colon = address.lastIndexOf(':');
        String host = colon < 1 ? "" : address.substring(0, colon).replaceAll("[\\[\\]]", "");
        int port = port(address.substring(colon + 1));
        if (host.isEmpty() || port == 0) {
            throw new IllegalArgumentException(
                    property + ": '" + text + "' (expected: host:port, [address]:port or dns:///name:port)");
        }
        return new Target(host, port);
    }

    private static int port(String text) {
        try {
            int port = Integer.parseInt(text);
            return port > 0 && port < 65_536 ? port : 0;
        } catch (NumberFormatException _) {
            return 0;
        }
    }

    /** The replicas there, each as {@code address:port}; blocks. */
    List<String> replicas(Resolver resolver) throws UnknownHostException {
        List<String> replicas = new ArrayList<>();
        for (InetAddress address : resolver.resolve(host)) {
            String literal = address.getHostAddress();
            replicas.add((literal.indexOf(':') >= 0 ? "[" + literal + "]" : literal) + ":" + port);
        }
        return replicas;
    }

    @Override
    public String toString() {
        return host + ":" + port;
    }
}
