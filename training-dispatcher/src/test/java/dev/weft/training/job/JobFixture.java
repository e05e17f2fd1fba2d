package dev.weft.training.job;

import dev.weft.database.Database;
import dev.weft.database.lease.Lease;
import dev.weft.database.lease.LeaseKeeper;
import dev.weft.database.lease.Leases;
import dev.weft.postgres.ServiceDatabase;
import dev.weft.testkit.TestPostgres;
import io.agroal.api.AgroalDataSource;
import io.agroal.api.configuration.supplier.AgroalDataSourceConfigurationSupplier;
import io.agroal.api.security.NamePrincipal;
import io.agroal.api.security.SimplePassword;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.smallrye.config.validator.BeanValidationConfigValidatorImpl;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.flywaydb.core.Flyway;

/** The jobs' tables in a database of their own, and what works on them, wired by hand. */
public final class JobFixture {

    /** A runtime that nobody looks into. */
    public static final String RUNTIME = """
            {"name": "trainer", "description": "", "parameters": [], "resources": {"milliCpus": 1000, "memoryBytes": 1000000000, "gpus": 0}, "command": ["true"]}""";

    public final javax.sql.DataSource source;
    public final Database database;
    public final LeaseKeeper keeper;
    public final JobsConfig config;
    public final JobLeases leases;
    public final TrainingJobRepository jobs;
    public final JobSteps steps;
    public final JobJournal journal;
    public final SiteRepository sites;

    /** New tables. */
    public static JobFixture create() {
        return new JobFixture(migrated(), Map.of("weft.training.jobs.lease-term", "5s"));
    }

    /** On tables that are there. */
    public JobFixture(javax.sql.DataSource source, Map<String, String> settings) {
        this.source = source;
        this.database = new Database(source, "here");
        this.keeper = new LeaseKeeper(database);
        this.config = config(JobsConfig.class, settings);
        this.leases = new JobLeases(keeper, config);
        this.jobs = new TrainingJobRepository(database, leases);
        this.steps = new JobSteps(database);
        this.journal = new JobJournal(database);
        this.sites = new SiteRepository(database);
    }

    /** A new database with the service's tables. */
    public static javax.sql.DataSource migrated() {
        ServiceDatabase database = emptySchema();
        javax.sql.DataSource source =
                pool(database.url(), ServiceDatabase.role("training"), database.superuserPassword());
        migrate(source);
        return source;
    }

    /** A new database with an empty schema. */
    public static ServiceDatabase emptySchema() {
        ServiceDatabase database = TestPostgres.newDatabase();
        TestPostgres.newSchema(database, "training");
        return database;
    }

    /** A pool of connections, as the service has. */
    public static javax.sql.DataSource pool(String url, String user, String password) {
        try {
            return AgroalDataSource.from(
                    new AgroalDataSourceConfigurationSupplier().connectionPoolConfiguration(pool -> pool.maxSize(8)
                            .acquisitionTimeout(Duration.ofSeconds(5))
                            .connectionFactoryConfiguration(factory -> factory.jdbcUrl(url)
                                    .principal(new NamePrincipal(user))
                                    .credential(new SimplePassword(password)))));
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Makes the service's tables. */
    public static void migrate(javax.sql.DataSource source) {
        Flyway.configure()
                .dataSource(source)
                .defaultSchema("training")
                .locations("classpath:db/migration/training")
                .load()
                .migrate();
    }

    /** A configuration of defaults and some settings. */
    public static <T> T config(Class<T> type, Map<String, String> settings) {
        return new SmallRyeConfigBuilder()
                .addDiscoveredConverters()
                .withMapping(type)
                .withValidator(new BeanValidationConfigValidatorImpl())
                .withDefaultValues(settings)
                .build()
                .getConfigMapping(type);
    }

    /** A specification that differs from others by its label. */
    public static JobSpec spec(String backend, String label) {
        return new JobSpec(
                "trainer",
                "{}",
                new DataSource.None(),
                backend,
                ResourceRequest.UNSAID,
                Duration.ofMinutes(10),
                3,
                Map.of("label", label),
                Optional.empty());
    }

    public TrainingJob submit(JobSpec spec) {
        return submit(spec, RUNTIME);
    }

    public TrainingJob submit(JobSpec spec, String runtime) {
        return jobs.submit(new NewJob("payments", Optional.empty(), spec, Optional.empty(), runtime), 1000)
                .job();
    }

    /** Claims the job that waits for a backend. */
    public JobSteps.Held claim(String backend) {
        Leases<String> queued = leases.queued(backend);
        Lease<String> lease = queued.claim(1).getFirst();
        return new JobSteps.Held(queued, lease);
    }

    /** Claims what is active at a site. */
    public List<JobSteps.Held> claimActive(UUID site) {
        Leases<String> active = leases.active(site);
        return active.claim(100).stream()
                .map(lease -> new JobSteps.Held(active, lease))
                .toList();
    }

    public long number(String sql) {
        return database.inTransaction(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(sql);
                    ResultSet rows = statement.executeQuery()) {
                rows.next();
                return rows.getLong(1);
            }
        });
    }

    public void update(String sql) {
        database.inTransaction(connection -> {
            try (PreparedStatement statement = connection.prepareStatement(sql)) {
                return statement.executeUpdate();
            }
        });
    }
}
