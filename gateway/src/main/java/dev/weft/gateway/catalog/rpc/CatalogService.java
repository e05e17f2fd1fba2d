package dev.weft.gateway.catalog.rpc;

import dev.weft.gateway.audit.Actor;
import dev.weft.gateway.catalog.Catalog;
import dev.weft.gateway.catalog.CatalogModel;
import dev.weft.gateway.catalog.CatalogView;
import dev.weft.gateway.catalog.ResolvedModel;
import dev.weft.gateway.keys.Caller;
import dev.weft.kit.rpc.RequestId;
import dev.weft.kit.rpc.UnaryCalls;
import dev.weft.protocol.catalog.v1.ArchiveRequest;
import dev.weft.protocol.catalog.v1.ArchiveResponse;
import dev.weft.protocol.catalog.v1.CreateModelRequest;
import dev.weft.protocol.catalog.v1.CreateModelResponse;
import dev.weft.protocol.catalog.v1.DeleteAliasRequest;
import dev.weft.protocol.catalog.v1.DeleteAliasResponse;
import dev.weft.protocol.catalog.v1.GetModelRequest;
import dev.weft.protocol.catalog.v1.GetModelResponse;
import dev.weft.protocol.catalog.v1.ListModelsRequest;
import dev.weft.protocol.catalog.v1.ListModelsResponse;
import dev.weft.protocol.catalog.v1.ModelCatalogGrpc.ModelCatalogImplBase;
import dev.weft.protocol.catalog.v1.RegisterVersionRequest;
import dev.weft.protocol.catalog.v1.RegisterVersionResponse;
import dev.weft.protocol.catalog.v1.ResolveModelRequest;
import dev.weft.protocol.catalog.v1.ResolveModelResponse;
import dev.weft.protocol.catalog.v1.RestoreRequest;
import dev.weft.protocol.catalog.v1.RestoreResponse;
import dev.weft.protocol.catalog.v1.SetAliasRequest;
import dev.weft.protocol.catalog.v1.SetAliasResponse;
import dev.weft.protocol.catalog.v1.UpdateModelRequest;
import dev.weft.protocol.catalog.v1.UpdateModelResponse;
import io.grpc.stub.StreamObserver;
import io.quarkus.grpc.GrpcService;
import java.util.List;
import java.util.Objects;

/** {@code weft.catalog.v1.ModelCatalog}. Stateless. */
@GrpcService
public class CatalogService extends ModelCatalogImplBase {

    private static final int PAGE = 100;

    private final Catalog catalog;
    private final CatalogView view;
    private final UnaryCalls calls;

    CatalogService(Catalog catalog, CatalogView view, UnaryCalls calls) {
        this.catalog = catalog;
        this.view = view;
        this.calls = calls;
    }

    private static Actor actor() {
        RequestId id = RequestId.CONTEXT.get();
        return new Actor(Caller.ofCall().name(), Objects.requireNonNullElseGet(id, RequestId::random));
    }

    @Override
    public void createModel(CreateModelRequest request, StreamObserver<CreateModelResponse> observer) {
        Actor actor = actor();
        calls.answer("CreateModel", observer, () -> CreateModelResponse.newBuilder()
                .setModel(CatalogMessages.model(catalog.create(
                        request.getName(),
                        request.getDescription(),
                        CatalogMessages.serving(request.getServing()),
                        actor)))
                .build());
    }

    @Override
    public void updateModel(UpdateModelRequest request, StreamObserver<UpdateModelResponse> observer) {
        Actor actor = actor();
        calls.answer("UpdateModel", observer, () -> UpdateModelResponse.newBuilder()
                .setModel(CatalogMessages.model(catalog.update(
                        request.getName(),
                        request.getExpectedRevision(),
                        request.hasDescription() ? request.getDescription() : null,
                        request.hasServing() ? CatalogMessages.serving(request.getServing()) : null,
                        actor)))
                .build());
    }

    @Override
    public void getModel(GetModelRequest request, StreamObserver<GetModelResponse> observer) {
        calls.answer("GetModel", observer, () -> GetModelResponse.newBuilder()
                .setModel(CatalogMessages.model(catalog.get(request.getName())))
                .build());
    }

    @Override
    public void listModels(ListModelsRequest request, StreamObserver<ListModelsResponse> observer) {
        int size = request.getPageSize() == 0 ? PAGE : request.getPageSize();
        calls.answer("ListModels", observer, () -> {
            List<CatalogModel> models = catalog.list(request.getPageToken(), request.getIncludeArchived(), size);
            return ListModelsResponse.newBuilder()
                    .addAllModels(models.stream().map(CatalogMessages::model).toList())
                    .setNextPageToken(
                            models.size() < size ? "" : models.getLast().name())
                    .build();
        });
    }

    @Override
    public void registerVersion(RegisterVersionRequest request, StreamObserver<RegisterVersionResponse> observer) {
        Actor actor = actor();
        calls.answer("RegisterVersion", observer, () -> {
            Catalog.Registration done =
                    catalog.register(request.getModel(), CatalogMessages.newVersion(request), actor);
            return RegisterVersionResponse.newBuilder()
                    .setModel(CatalogMessages.model(done.model()))
                    .setVersion(CatalogMessages.version(done.version()))
                    .setCreated(done.created())
                    .build();
        });
    }

    @Override
    public void setAlias(SetAliasRequest request, StreamObserver<SetAliasResponse> observer) {
        Actor actor = actor();
        calls.answer("SetAlias", observer, () -> SetAliasResponse.newBuilder()
                .setModel(CatalogMessages.model(catalog.setAlias(
                        request.getModel(),
                        request.getExpectedRevision(),
                        request.getAlias(),
                        CatalogMessages.splits(request.getSplitsList()),
                        actor)))
                .build());
    }

    @Override
    public void deleteAlias(DeleteAliasRequest request, StreamObserver<DeleteAliasResponse> observer) {
        Actor actor = actor();
        calls.answer("DeleteAlias", observer, () -> DeleteAliasResponse.newBuilder()
                .setModel(CatalogMessages.model(catalog.deleteAlias(
                        request.getModel(), request.getExpectedRevision(), request.getAlias(), actor)))
                .build());
    }

    @Override
    public void archive(ArchiveRequest request, StreamObserver<ArchiveResponse> observer) {
        Actor actor = actor();
        calls.answer("Archive", observer, () -> ArchiveResponse.newBuilder()
                .setModel(CatalogMessages.model(catalog.setArchived(
                        request.getModel(), request.getExpectedRevision(), request.getVersion(), true, actor)))
                .build());
    }

    @Override
    public void restore(RestoreRequest request, StreamObserver<RestoreResponse> observer) {
        Actor actor = actor();
        calls.answer("Restore", observer, () -> RestoreResponse.newBuilder()
                .setModel(CatalogMessages.model(catalog.setArchived(
                        request.getModel(), request.getExpectedRevision(), request.getVersion(), false, actor)))
                .build());
    }

    @Override
    public void resolveModel(ResolveModelRequest request, StreamObserver<ResolveModelResponse> observer) {
        calls.answer("ResolveModel", observer, () -> {
            String key = request.getStickyKey();
            ResolvedModel resolved = view.resolve(request.getModel(), "", key.isEmpty() ? null : key);
            return ResolveModelResponse.newBuilder()
                    .setModel(resolved.name())
                    .setVersion(resolved.version().isEmpty() ? 0 : Long.parseLong(resolved.version()))
                    .setSourceUri(resolved.sourceUri())
                    .setManifestSha256(resolved.manifestSha256())
                    .build();
        });
    }
}
