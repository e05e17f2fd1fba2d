package dev.weft.embedding.rpc;

import dev.weft.embedding.collection.CollectionQuery;
import dev.weft.embedding.collection.CollectionQuery.Near;
import dev.weft.embedding.collection.Collections;
import dev.weft.embedding.collection.CollectionsConfig;
import dev.weft.embedding.collection.Found;
import dev.weft.embedding.collection.NewCollection;
import dev.weft.embedding.embedder.Priority;
import dev.weft.embedding.vectorstore.Filter;
import dev.weft.embedding.vectorstore.Include;
import dev.weft.embedding.vectorstore.Point;
import dev.weft.embedding.vectorstore.Selection;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.rpc.DeadlineServerInterceptor;
import dev.weft.kit.rpc.UnaryCalls;
import dev.weft.kit.time.Deadline;
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
import dev.weft.protocol.embedding.v1.QueryPointsRequest;
import dev.weft.protocol.embedding.v1.QueryPointsResponse;
import dev.weft.protocol.embedding.v1.UpsertPointsRequest;
import dev.weft.protocol.embedding.v1.UpsertPointsResponse;
import io.grpc.stub.StreamObserver;
import io.quarkus.grpc.GrpcService;
import java.util.List;

/** Collections by gRPC. */
@GrpcService
public class CollectionsService extends CollectionsImplBase {

    private final Collections collections;
    private final CollectionsConfig config;
    private final UnaryCalls calls;

    CollectionsService(Collections collections, CollectionsConfig config, UnaryCalls calls) {
        this.collections = collections;
        this.config = config;
        this.calls = calls;
    }

    @Override
    public void createCollection(CreateCollectionRequest request, StreamObserver<CreateCollectionResponse> observer) {
        Deadline deadline = deadline();
        calls.answer("CreateCollection", observer, () -> {
            NewCollection wanted = new NewCollection(
                    request.getName(),
                    request.getModel(),
                    request.getDimension(),
                    Messages.metric(request.getMetric()),
                    request.getStore());
            return CreateCollectionResponse.newBuilder()
                    .setCollection(Messages.collection(collections.create(wanted, deadline)))
                    .build();
        });
    }

    @Override
    public void getCollection(GetCollectionRequest request, StreamObserver<GetCollectionResponse> observer) {
        Deadline deadline = deadline();
        calls.answer("GetCollection", observer, () -> GetCollectionResponse.newBuilder()
                .setCollection(Messages.collection(collections.get(request.getName(), deadline)))
                .build());
    }

    @Override
    public void listCollections(ListCollectionsRequest request, StreamObserver<ListCollectionsResponse> observer) {
        Deadline deadline = deadline();
        calls.answer("ListCollections", observer, () -> {
            ListCollectionsResponse.Builder response = ListCollectionsResponse.newBuilder();
            collections.list(deadline).forEach(collection -> response.addCollections(Messages.collection(collection)));
            return response.build();
        });
    }

    @Override
    public void deleteCollection(DeleteCollectionRequest request, StreamObserver<DeleteCollectionResponse> observer) {
        Deadline deadline = deadline();
        calls.answer("DeleteCollection", observer, () -> {
            collections.delete(request.getName(), deadline);
            return DeleteCollectionResponse.getDefaultInstance();
        });
    }

    @Override
    public void upsertPoints(UpsertPointsRequest request, StreamObserver<UpsertPointsResponse> observer) {
        Deadline deadline = deadline();
        calls.answer("UpsertPoints", observer, () -> {
            int upserted = collections.upsert(
                    request.getCollection(),
                    request.getPointsList().stream().map(Messages::newPoint).toList(),
                    Priority.INTERACTIVE,
                    deadline);
            return UpsertPointsResponse.newBuilder().setUpserted(upserted).build();
        });
    }

    @Override
    public void queryPoints(QueryPointsRequest request, StreamObserver<QueryPointsResponse> observer) {
        Deadline deadline = deadline();
        calls.answer("QueryPoints", observer, () -> {
            List<Found> found = collections.query(request.getCollection(), query(request), deadline);
            QueryPointsResponse.Builder response = QueryPointsResponse.newBuilder();
            found.forEach(match -> response.addMatches(Messages.match(match)));
            return response.build();
        });
    }

    private static CollectionQuery query(QueryPointsRequest request) {
        Near near =
                switch (request.getNearCase()) {
                    case VECTOR ->
                        new Near.ToVector(Messages.floats(request.getVector().getValuesList()));
                    case TEXT -> new Near.ToText(request.getText());
                    case NEAR_NOT_SET -> throw new InvalidArgument("vector, text: neither (expected: one of the two)");
                };
        return new CollectionQuery(
                near,
                request.getTopK(),
                request.hasFilter() ? Filters.filter(request.getFilter()) : Filter.all(),
                request.hasScoreThreshold() ? request.getScoreThreshold() : null,
                new Include(request.getIncludeVector(), request.getIncludeText(), request.getIncludeMetadata()),
                request.getRerankModel());
    }

    @Override
    public void fetchPoints(FetchPointsRequest request, StreamObserver<FetchPointsResponse> observer) {
        Deadline deadline = deadline();
        calls.answer("FetchPoints", observer, () -> {
            List<Point> points = collections.fetch(
                    request.getCollection(), request.getIdsList(), request.getIncludeVector(), deadline);
            FetchPointsResponse.Builder response = FetchPointsResponse.newBuilder();
            points.forEach(point -> response.addPoints(Messages.point(point)));
            return response.build();
        });
    }

    @Override
    public void deletePoints(DeletePointsRequest request, StreamObserver<DeletePointsResponse> observer) {
        Deadline deadline = deadline();
        calls.answer("DeletePoints", observer, () -> {
            DeletePointsResponse.Builder response = DeletePointsResponse.newBuilder();
            collections
                    .delete(request.getCollection(), selection(request), deadline)
                    .ifPresent(response::setDeleted);
            return response.build();
        });
    }

    private static Selection selection(DeletePointsRequest request) {
        return switch (request.getWhichCase()) {
            case IDS -> new Selection.Ids(request.getIds().getIdsList());
            case FILTER -> new Selection.Matching(Filters.filter(request.getFilter()));
            case ALL -> {
                if (!request.getAll()) {
                    throw new InvalidArgument("all: false (expected: true, ids or a filter)");
                }
                yield new Selection.Everything();
            }
            case WHICH_NOT_SET -> throw new InvalidArgument("ids, filter, all: none (expected: one of them)");
        };
    }

    @Override
    public void countPoints(CountPointsRequest request, StreamObserver<CountPointsResponse> observer) {
        Deadline deadline = deadline();
        calls.answer("CountPoints", observer, () -> CountPointsResponse.newBuilder()
                .setCount(collections.count(request.getCollection(), deadline))
                .build());
    }

    private Deadline deadline() {
        Deadline deadline = DeadlineServerInterceptor.CONTEXT.get();
        return deadline == null ? Deadline.after(config.defaultTimeout()) : deadline;
    }
}
