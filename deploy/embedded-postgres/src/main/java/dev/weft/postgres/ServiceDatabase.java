package dev.weft.postgres;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Pattern;

/**
 * A database in which every service has a schema of its own, and a role that can use that schema and nothing else.
 *
 * @param port of the server, on loopback
 * @param name of the database
 * @param superuserPassword of {@link PostgresServer#SUPERUSER}
 */
public record ServiceDatabase(int port, String name, String superuserPassword) {

    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_]{0,40}");
    private static final Pattern PASSWORD = Pattern.compile("[A-Za-z0-9]{16,100}");
    private static final int TIMEOUT_SECONDS = 10;

    public ServiceDatabase {
        requireForm(NAME, name, "name");
    }

    @Override
    public String toString() {
        return url(); // without the password
    }

    /** Where services find it. */
    public String url() {
        return url(name);
    }

    private String url(String database) {
        return "jdbc:postgresql://127.0.0.1:" + port + "/" + database;
    }

    /** The role of a service. */
    public static String role(String schema) {
        return "weft_" + schema;
    }

    /** What a Quarkus service must be told to use its schema, as configuration properties. */
    public Map<String, String> settings(String schema, String password) {
        return Map.of(
                "quarkus.datasource.jdbc.url", url(),
                "quarkus.datasource.username", role(schema),
                "quarkus.datasource.password", password);
    }

    /** Makes the database, unless it is there. */
    public void create() {
        try (Connection connection = connect("postgres")) {
            if (!exists(connection, "SELECT 1 FROM pg_database WHERE datname = ?", name)) {
                execute(connection, "CREATE DATABASE " + name);
            }
            execute(connection, "REVOKE ALL ON DATABASE " + name + " FROM PUBLIC");
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    /**
     * Makes a service's role and schema, unless they are there; the role gets the password either way.
     *
     * @param schema a lower-case word; the service's name, usually
     * @param password letters and digits, 16 at least
     */
    public void createSchema(String schema, String password) {
        requireForm(NAME, schema, "schema");
        requireForm(PASSWORD, password, "password");
        String role = role(schema);
        try (Connection connection = connect(name)) {
            if (!exists(connection, "SELECT 1 FROM pg_roles WHERE rolname = ?", role)) {
                execute(connection, "CREATE ROLE " + role + " LOGIN");
            }
            execute(connection, "ALTER ROLE " + role + " PASSWORD '" + password + "'");
            execute(connection, "ALTER ROLE " + role + " IN DATABASE " + name + " SET search_path = " + schema);
            execute(connection, "GRANT CONNECT ON DATABASE " + name + " TO " + role);
            execute(connection, "REVOKE ALL ON SCHEMA public FROM PUBLIC");
            execute(connection, "CREATE SCHEMA IF NOT EXISTS " + schema + " AUTHORIZATION " + role);
        } catch (SQLException e) {
            throw failure(e);
        }
    }

    private Connection connect(String database) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", PostgresServer.SUPERUSER);
        properties.setProperty("password", superuserPassword);
        properties.setProperty("loginTimeout", Integer.toString(TIMEOUT_SECONDS));
        properties.setProperty("socketTimeout", Integer.toString(TIMEOUT_SECONDS));
        return DriverManager.getConnection(url(database), properties);
    }

    private static boolean exists(Connection connection, String query, String value) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(query)) {
            statement.setString(1, value);
            return statement.executeQuery().next();
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static void requireForm(Pattern form, String value, String what) {
        if (!form.matcher(value).matches()) {
            // A password must not end in a log.
            throw new IllegalArgumentException(what + " of another form (expected: " + form + ")");
        }
    }

    private PostgresFailure failure(SQLException e) {
        return new PostgresFailure("database " + name + " on port " + port + ": " + e.getMessage());
    }
}
