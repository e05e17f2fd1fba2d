package dev.weft.gateway.usage;

import dev.weft.database.Database;
import dev.weft.gateway.usage.BatchUsageSource.Delivery;
import dev.weft.gateway.usage.BatchUsageSource.Entry;
import dev.weft.kit.error.Failure;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.Startup;
import jakarta.annotation.PostConstruct;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * Adds to the usage of keys what their batches have taken of models, whose rows no gateway sees. All gateways ask; the database has each delivery added
 * once, and only when it has is the next one asked for. So nothing is lost, and nothing is counted twice, whoever dies.
 */
@Startup
@Singleton
public class BatchUsageCollector {

    /** Beginning of the names under which {@link UsageRepository} remembers deliveries. */
    static final String INSTANCE = "batches:";

    /** The backend of batches in usage. */
    private static final String BACKEND = "batches";

    private static final Logger LOG = Logger.getLogger(BatchUsageCollector.class);

    private final BatchUsageSource source;
    private final Database database;
    private final Prices prices;
    private final UsageMetrics metrics;
    private final Duration interval;
    private final CountDownLatch stop = new CountDownLatch(1);
    private Delivery added = Delivery.NONE;
    private boolean told;

    BatchUsageCollector(
            BatchUsageSource source, Database database, Prices prices, UsageMetrics metrics, UsageConfig config) {
        this.source = source;
        this.database = database;
        this.prices = prices;
        this.metrics = metrics;
        this.interval = config.batchInterval();
    }

    @PostConstruct
    void start() {
        Thread.ofVirtual().name("batch-usage").start(this::run);
    }

    private void run() {
        while (!isStopped(interval)) {
            try {
                while (collect()) {
                    // There may be more.
                }
                told = false;
            } catch (Failure failure) {
                // A mesh may have no embedding-service; what else goes wrong should not.
                if (!told && !(failure instanceof Failure.Unavailable)) {
                    LOG.warnf("usage of batches waits to be added: %s", failure.getMessage());
                    told = true;
                }
                LOG.debugf("usage of batches was not added: %s", failure.getMessage());
            }
        }
    }

    private boolean isStopped(Duration pause) {
        long nanos = pause.toNanos();
        try {
            return stop.await(ThreadLocalRandom.current().nextLong(nanos / 2, nanos + 1), TimeUnit.NANOSECONDS);
        } catch (InterruptedException _) {
            return true;
        }
    }

    /**
     * Adds the next delivery.
     *
     * @return false when there was none
     * @throws Failure when it cannot be had, or not be added; it comes again then
     */
    synchronized boolean collect() {
        Delivery next = source.next(added);
        if (next.isEmpty()) {
            return false;
        }
        SortedMap<UsageKey, UsageSum> sums = new TreeMap<>();
        next.entries().forEach(entry -> sums.merge(key(entry), sum(entry), UsageSum::plus));
        boolean isNew = database.inTransaction(
                connection -> UsageRepository.add(connection, INSTANCE + next.source(), next.number(), sums));
        added = next;
        if (isNew) {
            next.entries()
                    .forEach(entry -> metrics.add(keyId(entry), entry.model(), BACKEND, entry.effort(), cost(entry)));
        }
        return true;
    }

    private static UsageKey key(Entry entry) {
        return new UsageKey(
                keyId(entry), entry.model(), BACKEND, entry.hour().getEpochSecond() / UsageKey.SECONDS_PER_HOUR);
    }

    private static String keyId(Entry entry) {
        return entry.owner().isEmpty() ? UsageCounters.ANONYMOUS : entry.owner();
    }

    private UsageSum sum(Entry entry) {
        return new UsageSum(
                entry.requests(),
                entry.errors(),
                entry.effort().rows(),
                entry.effort().promptTokens(),
                entry.effort().completionTokens(),
                entry.effort().computeMicros(),
                cost(entry));
    }

    private long cost(Entry entry) {
        return prices.costNanos(entry.model(), entry.requests(), entry.effort());
    }

    void stop(@Observes ShutdownEvent event) {
        stop.countDown();
    }
}
