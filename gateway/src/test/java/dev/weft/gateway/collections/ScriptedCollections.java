package dev.weft.gateway.collections;

import dev.weft.kit.error.Failure;
import dev.weft.kit.error.GrpcFailures;
import dev.weft.kit.rpc.CallEffort;
import dev.weft.kit.rpc.ModelEffort;
import dev.weft.kit.rpc.RequestId;
import dev.weft.protocol.embedding.v1.Collection;
import dev.weft.protocol.embedding.v1.CollectionsGrpc.CollectionsImplBase;
import dev.weft.protocol.embedding.v1.CountPointsRequest;
import dev.weft.protocol.embedding.v1.CountPointsResponse;
import dev.weft.protocol.embedding.v1.CreateCollectionRequest;
import dev.weft.protocol.embedding.v1.CreateCollectionResponse;
import dev.weft.protocol.embedding.v1.DeleteCollectionRequest;
import dev.weft.protocol.embedding.v1.DeleteCollectionResponse;
import dev.weft.protocol.embedding.v1.DeletePointsRequest;
import dev.weft.protocol.embedding.v1.DeletePointsResponse;
import dev.weft.protocol.embedding.v1.FetchPointsRequest;
import dev.weft.protocol.embedding.v1.FetchPointsResponse;
import dev.weft.protocol.embedding.v1.GetCollectionRequest;
import dev.weft.protocol.embedding.v1.GetCollectionResponse;
import dev.weft.protocol.embedding.v1.ListCollectionsRequest;
import dev.weft.protocol.embedding.v1.ListCollectionsResponse;
import dev.weft.protocol.embedding.v1.Match;
import dev.weft.protocol.embedding.v1.MetadataValue;
import dev.weft.protocol.embedding.v1.Metric;
import dev.weft.protocol.embedding.v1.Point;
import dev.weft.protocol.embedding.v1.QueryPointsRequest;
import dev.weft.protocol.embedding.v1.QueryPointsResponse;
import dev.weft.protocol.embedding.v1.StringList;
import dev.weft.protocol.embedding.v1.UpsertPointsRequest;
import dev.weft.protocol.embedding.v1.UpsertPointsResponse;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * An embedding-service that has the collection {@code help} and answers the same to everybody; the collection {@code slow} is never answered, {@code
 * full} has no room, and every other is unknown. It keeps what it was asked.
 */
public final class ScriptedCollections {

    private static final List<Object> REQUESTS = new CopyOnWriteArrayList<>();
    private static final List<String> IDS = new CopyOnWriteArrayList<>();

    private ScriptedCollections() {}

    /** It, for a server. */
    public static ServerServiceDefinition service() {
        return ServerInterceptors.intercept(new Service(), new Recording());
    }

    /** What was asked last. */
    static Object lastRequest() {
        return REQUESTS.getLast();
    }

    /** The request id that came with it. */
    static String lastRequestId() {
        return IDS.getLast();
    }

    private static final class Recording implements ServerInterceptor {
        @Override
        public <Q, R> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
            IDS.add(String.valueOf(headers.get(RequestId.METADATA)));
            return next.startCall(new TellingEffort<>(call), headers);
        }
    }

    /** Texts are embedded by {@code embed}, and reranked by whoever is named. */
    private static final class TellingEffort<Q, R> extends SimpleForwardingServerCall<Q, R> {

        private TellingEffort(ServerCall<Q, R> call) {
            super(call);
        }

        @Override
        public void close(Status status, Metadata trailers) {
            if (REQUESTS.getLast() instanceof QueryPointsRequest query && query.hasText()) {
                add(trailers, "embed", new CallEffort(1, 5, 0, 1_300));
                if (!query.getRerankModel().isEmpty()) {
                    add(trailers, query.getRerankModel(), new CallEffort(50, 900, 0, 40_000));
                }
            }
            super.close(status, trailers);
        }

        private static void add(Metadata trailers, String model, CallEffort effort) {
            trailers.put(ModelEffort.METADATA, new ModelEffort(model, effort).trailer());
        }
    }

    private static final Collection HELP = Collection.newBuilder()
            .setName("help")
            .setModel("embed")
            .setDimension(2)
            .setMetric(Metric.METRIC_DOT)
            .setStore("embedded")
            .setCreatedAtMs(1_700_000_000_000L)
            .build();

    private static final Point POINT = Point.newBuilder()
            .setId("a")
            .setText("my card")
            .addVector(1)
            .addVector(0.5f)
            .putMetadata("votes", MetadataValue.newBuilder().setNumberValue(12).build())
            .putMetadata("share", MetadataValue.newBuilder().setNumberValue(0.5).build())
            .putMetadata(
                    "tags",
                    MetadataValue.newBuilder()
                            .setStringList(StringList.newBuilder().addValues("x"))
                            .build())
            .build();

    private static final class Service extends CollectionsImplBase {

        private static <T> void answer(Object request, String collection, StreamObserver<T> observer, T answer) {
            REQUESTS.add(request);
            switch (collection) {
                case "help" -> {
                    observer.onNext(answer);
                    observer.onCompleted();
                }
                case "slow" -> {
                    // The caller's deadline ends it.
                }
                case "full" ->
                    observer.onError(GrpcFailures.toStatus(
                            new Failure.ResourceExhausted("collection: no room", Duration.ofSeconds(7))));
                default ->
                    observer.onError(
                            GrpcFailures.toStatus(new Failure.NotFound("collection '" + collection + "': none")));
            }
        }

        @Override
        public void createCollection(
                CreateCollectionRequest request, StreamObserver<CreateCollectionResponse> observer) {
            answer(
                    request,
                    request.getName(),
                    observer,
                    CreateCollectionResponse.newBuilder().setCollection(HELP).build());
        }

        @Override
        public void getCollection(GetCollectionRequest request, StreamObserver<GetCollectionResponse> observer) {
            answer(
                    request,
                    request.getName(),
                    observer,
                    GetCollectionResponse.newBuilder().setCollection(HELP).build());
        }

        @Override
        public void listCollections(ListCollectionsRequest request, StreamObserver<ListCollectionsResponse> observer) {
            answer(
                    request,
                    "help",
                    observer,
                    ListCollectionsResponse.newBuilder().addCollections(HELP).build());
        }

        @Override
        public void deleteCollection(
                DeleteCollectionRequest request, StreamObserver<DeleteCollectionResponse> observer) {
            answer(request, request.getName(), observer, DeleteCollectionResponse.getDefaultInstance());
        }

        @Override
        public void upsertPoints(UpsertPointsRequest request, StreamObserver<UpsertPointsResponse> observer) {
            answer(
                    request,
                    request.getCollection(),
                    observer,
                    UpsertPointsResponse.newBuilder()
                            .setUpserted(request.getPointsCount())
                            .build());
        }

        @Override
        public void queryPoints(QueryPointsRequest request, StreamObserver<QueryPointsResponse> observer) {
            Match match = Match.newBuilder()
                    .setPoint(POINT)
                    .setScore(0.75f)
                    .setRerankScore(2.5f)
                    .build();
            answer(
                    request,
                    request.getCollection(),
                    observer,
                    QueryPointsResponse.newBuilder().addMatches(match).build());
        }

        @Override
        public void fetchPoints(FetchPointsRequest request, StreamObserver<FetchPointsResponse> observer) {
            Point bare = Point.newBuilder().setId("b").build();
            answer(
                    request,
                    request.getCollection(),
                    observer,
                    FetchPointsResponse.newBuilder().addPoints(bare).build());
        }

        @Override
        public void deletePoints(DeletePointsRequest request, StreamObserver<DeletePointsResponse> observer) {
            answer(
                    request,
                    request.getCollection(),
                    observer,
                    request.hasIds()
                            ? DeletePointsResponse.newBuilder().setDeleted(2).build()
                            : DeletePointsResponse.getDefaultInstance());
        }

        @Override
        public void countPoints(CountPointsRequest request, StreamObserver<CountPointsResponse> observer) {
            answer(
                    request,
                    request.getCollection(),
                    observer,
                    CountPointsResponse.newBuilder().setCount(3).build());
        }
    }
}
