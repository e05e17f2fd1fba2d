package dev.weft.kit.identity;

import io.grpc.CallOptions;
import io.grpc.ClientInterceptors;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.ServerCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A gRPC server behind the interceptor whose services repeat what they are told. */
final class GuardedServer implements AutoCloseable {

    static final MethodDescriptor<String, String> SAY = method("weft.test.v1.Echo/Say");
    static final MethodDescriptor<String, String> HEALTH = method("grpc.health.v1.Health/Check");
    static final MethodDescriptor<String, String> REFLECTION =
            method("grpc.reflection.v1.ServerReflection/ServerReflectionInfo");

    private final AtomicInteger served = new AtomicInteger();
    private final Server server;
    private final ManagedChannel channel;

    GuardedServer(IdentityServerInterceptor interceptor) throws IOException {
        server = Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
                .addService(service(interceptor, SAY))
                .addService(service(interceptor, HEALTH))
                .addService(service(interceptor, REFLECTION))
                .build()
                .start();
        channel = Grpc.newChannelBuilder("127.0.0.1:" + server.getPort(), InsecureChannelCredentials.create())
                .build();
    }

    private ServerServiceDefinition service(
            IdentityServerInterceptor interceptor, MethodDescriptor<String, String> method) {
        String name = String.valueOf(method.getServiceName());
        return ServerInterceptors.intercept(
                ServerServiceDefinition.builder(name)
                        .addMethod(method, ServerCalls.asyncUnaryCall((request, observer) -> {
                            served.incrementAndGet();
                            observer.onNext(request);
                            observer.onCompleted();
                        }))
                        .build(),
                interceptor);
    }

    private static MethodDescriptor<String, String> method(String name) {
        MethodDescriptor.Marshaller<String> text = new MethodDescriptor.Marshaller<>() {
            @Override
            public InputStream stream(String value) {
                return new ByteArrayInputStream(value.getBytes(StandardCharsets.UTF_8));
            }

            @Override
            public String parse(InputStream stream) {
                try (stream) {
                    return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        };
        return MethodDescriptor.newBuilder(text, text)
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName(name)
                .build();
    }

    ManagedChannel channel() {
        return channel;
    }

    /** Calls that have reached a service. */
    int served() {
        return served.get();
    }

    /** Calls with the header, or with none. */
    String call(MethodDescriptor<String, String> method, @Nullable String authorization) {
        Metadata headers = new Metadata();
        if (authorization != null) {
            headers.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), authorization);
        }
        return ClientCalls.blockingUnaryCall(
                ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers)),
                method,
                CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS),
                "hello");
    }

    static Status.Code code(Throwable thrown) {
        return Status.fromThrowable(thrown).getCode();
    }

    @Override
    public void close() {
        channel.shutdownNow();
        server.shutdownNow();
    }
}
