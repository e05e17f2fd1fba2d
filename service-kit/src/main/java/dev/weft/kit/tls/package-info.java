/** TLS between services, by configurations of Quarkus' TLS registry: which of them are used, and that renewed certificates are. */
@NullMarked
package dev.weft.kit.tls;

import org.jspecify.annotations.NullMarked;
