package dev.weft.gateway.catalog;

import dev.weft.database.Database;
import dev.weft.gateway.audit.Actor;
import dev.weft.gateway.audit.AuditLog;
import dev.weft.kit.error.Failure.Aborted;
import dev.weft.kit.error.Failure.AlreadyExists;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.NotFound;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Changes the catalog, and tells what is in it. Each change is one transaction with its entry in the audit log and its announcement to all
 * gateways. Blocks; thread-safe.
 *
 * <p>Methods that take a revision make the change only when the model still has it; {@link #ANY} makes it in any case.
 */
@Singleton
public class Catalog implements CatalogView.Source {

    /** Instead of a revision. */
    public static final long ANY = 0;

    private static final String MODEL = "model";
    private static final int LONGEST_DESCRIPTION = 2_000;
    private static final int MOST_VERSIONS = 1_000;

    private final Database database;
    private final CatalogTables tables;
    private final AuditLog audit;
    private final ModelSources sources;

    Catalog(Database database, CatalogTables tables, AuditLog audit, ModelSources sources) {
        this.database = database;
        this.tables = tables;
        this.audit = audit;
        this.sources = sources;
    }

    /**
     * What became of a registration.
     *
     * @param created false when the same had been registered before
     */
    public record Registration(CatalogModel model, ModelVersion version, boolean created) {}

    /**
     * Makes a model without versions.
     *
     * @throws AlreadyExists when there is one of that name, archived or not
     */
    public CatalogModel create(String name, String description, Serving serving, Actor actor) {
        ModelNames.requireModel(name);
        requireDescription(description);
        return database.inTransaction(connection -> {
            if (!tables.insert(connection, name, description, serving, actor.name())) {
                throw new AlreadyExists("model '" + name + "' exists");
            }
            CatalogModel created = tables.find(connection, name).orElseThrow();
            note(connection, actor, "create", null, created);
            return created;
        });
    }

    /**
     * Changes description and serving, each unless it is null.
     *
     * @throws Aborted when the model has another revision
     */
    public CatalogModel update(
            String name, long revision, @Nullable String description, @Nullable Serving serving, Actor actor) {
        if (description != null) {
            requireDescription(description);
        }
        return change(name, revision, "update", actor, (connection, model) -> {
            if (serving != null) {
                requireOthers(name, serving);
            }
            tables.update(
                    connection,
                    name,
                    description == null ? model.description() : description,
                    serving == null ? model.serving() : serving);
        });
    }

    /**
     * Adds a version, and the model where there is none. Registering what is registered already, by the digest of its manifest, changes
     * nothing: whoever does not know whether he has succeeded may do it again.
     *
     * @throws AlreadyExists when the number is taken
     * @throws FailedPrecondition when the model is archived
     */
    public Registration register(String name, NewVersion version, Actor actor) {
        ModelNames.requireModel(name);
        sources.requireAllowed(version.sourceUri());
        return database.inTransaction(connection -> {
            boolean isNew = tables.insert(connection, name, "", Serving.DEFAULT, actor.name());
            CatalogModel before = tables.lock(connection, name).orElseThrow();
            if (before.isArchived()) {
                throw new FailedPrecondition("model '" + name + "' is archived (restore it first)");
            }
            Optional<ModelVersion> same = same(before, version);
            if (same.isEmpty()) {
                tables.insertVersion(connection, name, number(before, version), version, actor.name());
            }
            CatalogModel after = tables.find(connection, name).orElseThrow();
            ModelVersion registered = same.orElseGet(() -> after.versions().getLast());
            if (!version.alias().isEmpty()) {
                requireServable(after, registered.number());
                tables.setAlias(connection, name, version.alias(), Split.all(registered.number()));
            }
            boolean changed = same.isEmpty()
                    || !tables.find(connection, name).orElseThrow().equals(before);
            if (changed) {
                tables.countRevision(connection, name);
                note(
                        connection,
                        actor,
                        "register_version",
                        isNew ? null : before,
                        tables.find(connection, name).orElseThrow());
            }
            return new Registration(tables.find(connection, name).orElseThrow(), registered, same.isEmpty());
        });
    }

    private static Optional<ModelVersion> same(CatalogModel model, NewVersion version) {
        if (version.manifestSha256().isEmpty()) {
            return Optional.empty();
        }
        return model.versions().stream()
                .filter(known -> known.manifestSha256().equals(version.manifestSha256())
                        && !known.isArchived()
                        && (version.number() == 0 || version.number() == known.number()))
                .findFirst();
    }

    private static long number(CatalogModel model, NewVersion version) {
        long highest =
                model.versions().isEmpty() ? 0 : model.versions().getLast().number();
        if (model.versions().size() >= MOST_VERSIONS) {
            throw new FailedPrecondition(
                    "model '" + model.name() + "' has " + MOST_VERSIONS + " versions (expected: fewer)");
        }
        if (version.number() == 0) {
            return highest + 1;
        }
        if (version.number() <= highest) {
            String what = model.version(version.number()).isPresent() ? "taken" : "below the highest, " + highest;
            throw new AlreadyExists("number: " + version.number() + " is " + what + " (expected: from " + (highest + 1)
                    + ", or 0 for the next)");
        }
        return version.number();
    }

    /**
     * Points an alias to versions.
     *
     * @throws NotFound for a version that there is not
     * @throws FailedPrecondition for one that is archived
     * @throws Aborted when the model has another revision
     */
    public CatalogModel setAlias(String name, long revision, String alias, List<Split> splits, Actor actor) {
        ModelNames.requireAlias(alias);
        List<Split> whole = Split.requireWhole(splits);
        return change(name, revision, "set_alias", actor, (connection, model) -> {
            whole.forEach(split -> requireServable(model, split.version()));
            tables.setAlias(connection, name, alias, whole);
        });
    }

    /**
     * Takes an alias away.
     *
     * @throws NotFound when there is none
     * @throws Aborted when the model has another revision
     */
    public CatalogModel deleteAlias(String name, long revision, String alias, Actor actor) {
        return change(name, revision, "delete_alias", actor, (connection, model) -> {
            if (!model.aliases().containsKey(alias)) {
                throw new NotFound("model '" + name + "' has no alias '" + alias + "'");
            }
            tables.setAlias(connection, name, alias, List.of());
        });
    }

    /**
     * Archives or restores a model, or one of its versions.
     *
     * @param version 0 for the model
     * @throws FailedPrecondition when an alias points to the version
     * @throws Aborted when the model has another revision
     */
    public CatalogModel setArchived(String name, long revision, long version, boolean archived, Actor actor) {
        String action = (archived ? "archive" : "restore") + (version == 0 ? "" : "_version");
        return change(name, revision, action, actor, (connection, model) -> {
            if (version == 0) {
                tables.archiveModel(connection, name, archived);
                return;
            }
            requireVersion(model, version);
            model.aliasOf(version).filter(_ -> archived).ifPresent(alias -> {
                throw new FailedPrecondition(
                        "version " + version + ": alias '" + alias + "' points to it (expected: none that does)");
            });
            tables.archiveVersion(connection, name, version, archived);
        });
    }

    /**
     * The model of that name.
     *
     * @throws NotFound when there is none
     */
    public CatalogModel get(String name) {
        return find(name).orElseThrow(() -> unknown(name));
    }

    @Override
    public Optional<CatalogModel> find(String name) {
        return database.inTransaction(connection -> tables.find(connection, name));
    }

    /**
     * Models in the order of their names.
     *
     * @param after the name after which they begin; empty for the first
     * @param limit 1 to 1000
     */
    @Override
    public List<CatalogModel> list(String after, boolean archivedToo, int limit) {
        if (limit < 1 || limit > 1_000) {
            throw new InvalidArgument("page_size: " + limit + " (expected: 1 to 1000)");
        }
        return database.inTransaction(connection -> tables.page(connection, after, archivedToo, limit));
    }

    @FunctionalInterface
    private interface Step {
        void run(Connection connection, CatalogModel model) throws SQLException;
    }

    private CatalogModel change(String name, long revision, String action, Actor actor, Step step) {
        return database.inTransaction(connection -> {
            CatalogModel before = tables.lock(connection, name).orElseThrow(() -> unknown(name));
            if (revision != ANY && revision != before.revision()) {
                throw new Aborted("model '" + name + "' has revision " + before.revision() + " (expected: " + revision
                        + "; read it again)");
            }
            step.run(connection, before);
            if (tables.find(connection, name).orElseThrow().equals(before)) {
                return before;
            }
            tables.countRevision(connection, name);
            CatalogModel after = tables.find(connection, name).orElseThrow();
            note(connection, actor, action, before, after);
            return after;
        });
    }

    private void note(
            Connection connection, Actor actor, String action, @Nullable CatalogModel before, CatalogModel after)
            throws SQLException {
        audit.append(connection, actor, new AuditLog.Change(action, MODEL, after.name(), before, after));
        Database.announce(connection, CatalogView.CHANNEL, after.name());
    }

    private static NotFound unknown(String name) {
        return new NotFound("model '" + name + "' is not in the catalog");
    }

    private static ModelVersion requireVersion(CatalogModel model, long number) {
        return model.version(number)
                .orElseThrow(() -> new NotFound("model '" + model.name() + "' has no version " + number + " (known: "
                        + model.versions().stream().map(ModelVersion::number).toList() + ")"));
    }

    private static void requireServable(CatalogModel model, long number) {
        if (requireVersion(model, number).isArchived()) {
            throw new FailedPrecondition("version " + number + " is archived (restore it first)");
        }
    }

    private static void requireOthers(String name, Serving serving) {
        for (String fallback : serving.fallbacks()) {
            if (fallback.equals(name)) {
                throw new InvalidArgument(
                        "serving.fallbacks: '" + name + "' itself (expected: another model or version)");
            }
        }
    }

    private static void requireDescription(String description) {
        if (description.length() > LONGEST_DESCRIPTION) {
            throw new InvalidArgument("description: " + description.length() + " characters (expected: at most "
                    + LONGEST_DESCRIPTION + ")");
        }
    }
}
