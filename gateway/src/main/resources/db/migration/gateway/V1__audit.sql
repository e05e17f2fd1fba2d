-- Who changed what. Written in the transaction of the change itself, never changed afterwards.
CREATE TABLE audit_entry (
    id          BIGINT GENERATED ALWAYS AS IDENTITY CONSTRAINT audit_entry_pk PRIMARY KEY,
    at          TIMESTAMPTZ NOT NULL,
    actor       TEXT        NOT NULL,
    action      TEXT        NOT NULL,
    object_type TEXT        NOT NULL,
    object_name TEXT        NOT NULL,
    before      JSONB,
    after       JSONB,
    request_id  TEXT        NOT NULL
);

CREATE INDEX audit_entry_object_ix ON audit_entry (object_type, object_name, id);
CREATE INDEX audit_entry_at_ix ON audit_entry (at);

CREATE FUNCTION audit_entry_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit_entry: % (expected: INSERT only)', TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER audit_entry_rows_stay BEFORE UPDATE OR DELETE ON audit_entry
    FOR EACH ROW EXECUTE FUNCTION audit_entry_refuse_change();

CREATE TRIGGER audit_entry_table_stays BEFORE TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_refuse_change();
