package dev.weft.gateway.keys;

import dev.weft.database.Database;
import dev.weft.gateway.audit.Actor;
import dev.weft.gateway.audit.AuditLog;
import dev.weft.kit.config.Secret;
import dev.weft.kit.error.Failure;
import dev.weft.kit.error.Failure.FailedPrecondition;
import dev.weft.kit.error.Failure.InvalidArgument;
import dev.weft.kit.error.Failure.NotFound;
import jakarta.inject.Singleton;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Makes, shows, changes and revokes keys; every gateway hears of it by the database. Blocks; thread-safe. */
@Singleton
public class Keys {

    private static final Logger LOG = Logger.getLogger(Keys.class);

    private final Database database;
    private final KeyView view;
    private final AuditLog audit;
    private final int limit;
    private final Clock clock = Clock.systemUTC();
    private final SecureRandom random = new SecureRandom();

    Keys(Database database, KeyView view, AuditLog audit, KeysConfig config) {
        this.database = database;
        this.audit = audit;
        this.view = view;
        this.limit = config.maxKeys();
    }

    /**
     * A key that somebody wants.
     *
     * @param owner whom to ask about it; may be empty
     */
    public record Wanted(String name, String owner, Set<Scope> scopes, KeyChange terms) {}

    /**
     * A key that was just made.
     *
     * @param text what its client has to send; it is nowhere else
     */
    public record Created(ApiKey key, Secret text) {}

    /**
     * Makes a key.
     *
     * @throws FailedPrecondition when there are as many valid keys as there may be
     */
    public Created create(Wanted wanted, Actor by) {
        Secret text = KeyText.random(random);
        String id = Objects.requireNonNull(KeyText.id(text.value()));
        Instant now = now();
        requireFuture(wanted.terms().expiresAt(), now);
        KeyChange terms = wanted.terms();
        ApiKey key = new ApiKey(
                id,
                wanted.name(),
                wanted.owner(),
                wanted.scopes(),
                terms.models(),
                terms.limits(),
                now,
                by.name(),
                terms.expiresAt(),
                null);
        database.inTransaction(connection -> {
            if (KeyRepository.countValid(connection, now) >= limit) {
                throw new FailedPrecondition("keys: " + limit
                        + " are valid (expected: fewer; revoke some, or raise weft.gateway.keys.max-keys)");
            }
            KeyRepository.insert(connection, key, KeyText.hash(text.value()));
            audit.append(connection, by, change("create", null, key));
            Database.announce(connection, KeyView.CHANNEL, id);
            return key;
        });
        LOG.infof("key %s made by %s", id, by.name());
        lookAgain(id);
        return new Created(key, text);
    }

    private static void requireFuture(@Nullable Instant expiresAt, Instant now) {
        if (expiresAt != null && !expiresAt.isAfter(now)) {
            throw new InvalidArgument("expires_at: " + expiresAt + " (expected: a time to come)");
        }
    }

    /** Keys in the order of their ids, revoked ones too, so many of those after that id. */
    public List<ApiKey> list(String after, int most) {
        return database.inTransaction(connection -> KeyRepository.list(connection, after, most)).stream()
                .map(KeyRepository.Stored::key)
                .toList();
    }

    /**
     * The key of that id.
     *
     * @throws NotFound when there is none
     */
    public ApiKey get(String id) {
        return database.inTransaction(connection -> require(KeyRepository.find(connection, id), id));
    }

    private static ApiKey require(KeyRepository.@Nullable Stored stored, String id) {
        if (stored == null) {
            throw new NotFound("key '" + id + "' is unknown");
        }
        return stored.key();
    }

    /**
     * Changes a key; on every gateway within a second.
     *
     * @param change of what it has, to what it is to have; may be called more than once
     * @throws NotFound when there is none of that id
     * @throws FailedPrecondition when it is revoked
     */
    public ApiKey change(String id, UnaryOperator<KeyChange> change, Actor by) {
        ApiKey changed = update("update", id, by, key -> {
            if (key.revokedAt() != null) {
                throw new FailedPrecondition("key '" + id + "': revoked (expected: a key that is valid)");
            }
            KeyChange now = change.apply(KeyChange.of(key));
            if (!Objects.equals(now.expiresAt(), key.expiresAt())) {
                requireFuture(now.expiresAt(), now());
            }
            return key.with(now);
        });
        LOG.infof("key %s changed by %s", id, by.name());
        return changed;
    }

    /**
     * Has no gateway take the key any more, within a second. Revoking it again changes nothing.
     *
     * @throws NotFound when there is none of that id
     */
    public ApiKey revoke(String id, Actor by) {
        ApiKey revoked = update("revoke", id, by, key -> key.revokedAt() != null ? key : key.revoked(now()));
        LOG.infof("key %s revoked by %s", id, by.name());
        return revoked;
    }

    private ApiKey update(String action, String id, Actor by, UnaryOperator<ApiKey> change) {
        ApiKey changed = database.inTransaction(connection -> {
            ApiKey before = require(KeyRepository.lock(connection, id), id);
            ApiKey after = change.apply(before);
            if (!after.equals(before)) {
                KeyRepository.update(connection, after);
                audit.append(connection, by, change(action, before, after));
                Database.announce(connection, KeyView.CHANNEL, id);
            }
            return after;
        });
        lookAgain(id);
        return changed;
    }

    private static AuditLog.Change change(String action, @Nullable ApiKey before, ApiKey after) {
        return new AuditLog.Change(
                action, "key", after.id(), before == null ? null : KeyRecord.of(before), KeyRecord.of(after));
    }

    /** This gateway at once, so that whoever has changed something finds it so. */
    private void lookAgain(String id) {
        try {
            view.changed(id);
        } catch (Failure failure) {
            LOG.debugf("key %s is looked at when its notification comes: %s", id, failure.getMessage());
        }
    }

    /** As precise as the database keeps it. */
    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }
}
