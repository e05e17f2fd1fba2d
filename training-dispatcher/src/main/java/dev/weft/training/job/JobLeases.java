package dev.weft.training.job;

import dev.weft.database.lease.LeaseKeeper;
import dev.weft.database.lease.LeaseTable;
import dev.weft.database.lease.Leases;
import jakarta.inject.Singleton;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/** This process' leases on jobs, one kind for each part of the table that is claimed apart. Thread-safe. */
@Singleton
public class JobLeases {

    private final LeaseKeeper keeper;
    private final JobsConfig config;
    private final Leases<String> any;
    private final Map<LeaseTable<String>, Leases<String>> leases = new ConcurrentHashMap<>();

    JobLeases(LeaseKeeper keeper, JobsConfig config) {
        this.keeper = keeper;
        this.config = config;
        // Never claimed from; a job's rest can be ended without knowing of which kind it is.
        this.any = keeper.leases(JobTables.queued("none"), config.leaseTerm());
    }

    /** For jobs that wait for a backend. */
    public Leases<String> queued(String backend) {
        return of(JobTables.queued(backend));
    }

    /** For jobs that somebody at this place must look after. */
    public Leases<String> active(UUID site) {
        return of(JobTables.active(site));
    }

    private Leases<String> of(LeaseTable<String> table) {
        return leases.computeIfAbsent(table, t -> keeper.leases(t, config.leaseTerm()));
    }

    void wake(Connection connection, JobId job) throws SQLException {
        any.wake(connection, job.value());
    }
}
