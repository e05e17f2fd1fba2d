package dev.weft.database;

import io.agroal.api.AgroalDataSource;

/** Which database this is, as logs and answers may tell it. */
final class DatabaseAddress {

    private static final String PREFIX = "jdbc:postgresql:";

    private DatabaseAddress() {}

    /** {@code host:port/database}, of a data source's URL. */
    static String of(AgroalDataSource source) {
        return of(source.getConfiguration()
                .connectionPoolConfiguration()
                .connectionFactoryConfiguration()
                .jdbcUrl());
    }

    /** Without the parameters, among which passwords may be. */
    static String of(String url) {
        String address = url.startsWith(PREFIX) ? url.substring(PREFIX.length()) : url;
        int parameters = address.indexOf('?');
        String bare = parameters < 0 ? address : address.substring(0, parameters);
        return bare.startsWith("//") ? bare.substring(2) : bare;
    }
}
