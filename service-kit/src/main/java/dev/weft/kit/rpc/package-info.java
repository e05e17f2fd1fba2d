/** What every gRPC call between Weft's processes carries and obeys: a request id, a deadline, an answer to cancellation. */
@NullMarked
package dev.weft.kit.rpc;

import org.jspecify.annotations.NullMarked;
