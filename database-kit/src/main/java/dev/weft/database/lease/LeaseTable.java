package dev.weft.database.lease;

import java.util.UUID;
import java.util.regex.Pattern;

/**
 * A table whose rows can be claimed. All texts become part of SQL statements: they are constants of the program and never hold input. An index
 * that has the claimable rows in their order is the caller's to make, and one on the owner's column where many rows are claimed at once.
 *
 * @param name the table's
 * @param key the column of its primary key
 * @param keyType {@link Long}, {@link String} or {@link UUID}
 * @param columns where leases lie
 * @param claimable a condition over columns of this table only: other tables' rows are not looked at again after a wait for a lock
 * @param order what {@code ORDER BY} takes: who comes first
 */
public record LeaseTable<K>(
        String name, String key, Class<K> keyType, Columns columns, String claimable, String order) {

    private static final Pattern IDENTIFIER = Pattern.compile("[a-z][a-z0-9_]*");

    public LeaseTable {
        requireIdentifier(name);
        requireIdentifier(key);
        if (!keyType.equals(Long.class) && !keyType.equals(String.class) && !keyType.equals(UUID.class)) {
            throw new IllegalArgumentException("keyType: " + keyType.getName() + " (expected: Long, String or UUID)");
        }
    }

    /**
     * The columns of a lease.
     *
     * @param owner {@code TEXT}, null where nobody has claimed the row
     * @param until {@code TIMESTAMPTZ}, null or past where the row may be claimed; in the future without an owner while it rests
     * @param attempt {@code BIGINT NOT NULL}, how often the row has been claimed: the fencing token
     */
    public record Columns(String owner, String until, String attempt) {

        /** {@code lease_owner}, {@code lease_until} and {@code attempt}. */
        public static final Columns USUAL = new Columns("lease_owner", "lease_until", "attempt");

        public Columns {
            requireIdentifier(owner);
            requireIdentifier(until);
            requireIdentifier(attempt);
        }
    }

    /** What PostgreSQL calls the keys' type. */
    String sqlType() {
        return keyType.equals(Long.class) ? "bigint" : keyType.equals(UUID.class) ? "uuid" : "text";
    }

    /** Puts this table's words into a statement. */
    String statement(String template) {
        return template.replace("${table}", name)
                .replace("${key}", key)
                .replace("${owner}", columns.owner)
                .replace("${until}", columns.until)
                .replace("${attempt}", columns.attempt)
                .replace("${claimable}", claimable)
                .replace("${order}", order);
    }

    private static void requireIdentifier(String name) {
        if (!IDENTIFIER.matcher(name).matches()) {
            throw new IllegalArgumentException("name: " + name + " (expected: lower-case letters, digits and '_')");
        }
    }
}
