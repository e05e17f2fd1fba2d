package dev.weft.kit.identity;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.eclipse.microprofile.config.Config;

/**
 * Where the gRPC server of this process listens.
 *
 * @param host as configured
 * @param property the key that says it
 */
record ListenAddress(String host, String property) {

    static ListenAddress of(Config config) {
        boolean separate = config.getOptionalValue("quarkus.grpc.server.use-separate-server", Boolean.class)
                .orElse(true);
        String property = separate ? "quarkus.grpc.server.host" : "quarkus.http.host";
        return new ListenAddress(config.getOptionalValue(property, String.class).orElse("0.0.0.0"), property);
    }

    /** True when only this machine can call; a name that cannot be resolved counts as every address. */
    boolean isLoopback() {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException _) {
            return false;
        }
    }
}
