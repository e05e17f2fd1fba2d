package dev.weft.store.rpc;

import dev.weft.kit.error.Failure;
import dev.weft.kit.error.GrpcFailures;
import dev.weft.protocol.store.v1.ReadFileResponse;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.function.Supplier;

/** The pieces of a call as one stream, asked for as they are read. Reading throws {@link Failure} where the call ends with one. */
final class FileStream extends InputStream {

    private final Context.CancellableContext call;
    private final Iterator<ReadFileResponse> pieces;
    private ByteBuffer piece = ByteBuffer.allocate(0);

    private FileStream(Context.CancellableContext call, Iterator<ReadFileResponse> pieces) {
        this.call = call;
        this.pieces = pieces;
    }

    /**
     * Begins the call, and waits for its first piece.
     *
     * @throws Failure when it ends without one
     */
    static FileStream begin(Supplier<Iterator<ReadFileResponse>> beginning) {
        Context.CancellableContext call = Context.current().withCancellation();
        Context before = call.attach();
        FileStream stream;
        try {
            stream = new FileStream(call, beginning.get());
        } finally {
            call.detach(before);
        }
        try {
            stream.fill();
            return stream;
        } catch (Failure e) {
            stream.close();
            throw e;
        }
    }

    /** False at the end. */
    private boolean fill() {
        try {
            while (!piece.hasRemaining()) {
                if (!pieces.hasNext()) {
                    return false;
                }
                piece = pieces.next().getData().asReadOnlyByteBuffer();
            }
            return true;
        } catch (StatusRuntimeException e) {
            throw failure(e);
        }
    }

    /** A call that this side has not cancelled was by a server that ends. */
    private Failure failure(StatusRuntimeException e) {
        return e.getStatus().getCode() == Status.Code.CANCELLED && !call.isCancelled()
                ? new Failure.Unavailable("the other service ended while it was read from")
                : GrpcFailures.toFailure(e);
    }

    @Override
    public int read() {
        return fill() ? piece.get() & 0xff : -1;
    }

    @Override
    public int read(byte[] target, int offset, int length) {
        if (length == 0) {
            return 0;
        }
        if (!fill()) {
            return -1;
        }
        int count = Math.min(length, piece.remaining());
        piece.get(target, offset, count);
        return count;
    }

    /** Ends the call when there is more. */
    @Override
    public void close() {
        call.cancel(null);
    }
}
