package dev.weft.database;

import dev.weft.postgres.ServiceDatabase;
import dev.weft.testkit.TestPostgres;
import org.postgresql.ds.PGSimpleDataSource;

/** Data sources of new databases with an empty schema {@code service}. */
public final class TestSource {

    private TestSource() {}

    public static PGSimpleDataSource create() {
        ServiceDatabase database = TestPostgres.newDatabase();
        TestPostgres.newSchema(database, "service");
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl(database.url());
        source.setUser(ServiceDatabase.role("service"));
        source.setPassword(database.superuserPassword());
        return source;
    }
}
