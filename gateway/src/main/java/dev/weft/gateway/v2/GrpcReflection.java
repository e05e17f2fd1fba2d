package dev.weft.gateway.v2;

import dev.weft.protocol.inference.GRPCInferenceServiceGrpc.GRPCInferenceServiceImplBase;
import io.quarkus.grpc.GrpcService;

/**
 * Has Quarkus' reflection service tell of the protocol, by which clients such as grpcurl learn its messages. Its methods are never called:
 * {@link GrpcProxy} answers on their paths before Quarkus' server sees a call.
 */
@GrpcService
public class GrpcReflection extends GRPCInferenceServiceImplBase {}
