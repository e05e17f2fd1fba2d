-- A change of a model, of its versions or of its aliases locks the model's row and adds one to its revision.
CREATE TABLE model (
    name        TEXT        NOT NULL CONSTRAINT model_pk PRIMARY KEY
                            CONSTRAINT model_name_form CHECK (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$'),
    description TEXT        NOT NULL,
    serving     JSONB       NOT NULL,
    revision    BIGINT      NOT NULL CONSTRAINT model_revision_positive CHECK (revision > 0),
    created_at  TIMESTAMPTZ NOT NULL,
    created_by  TEXT        NOT NULL,
    archived_at TIMESTAMPTZ
);

CREATE TABLE model_version (
    model           TEXT        NOT NULL CONSTRAINT model_version_model_fk REFERENCES model (name),
    number          BIGINT      NOT NULL CONSTRAINT model_version_number_positive CHECK (number > 0),
    source_uri      TEXT        NOT NULL,
    manifest_sha256 TEXT        NOT NULL CONSTRAINT model_version_manifest_form CHECK (manifest_sha256 ~ '^([0-9a-f]{64})?$'),
    size_bytes      BIGINT      NOT NULL CONSTRAINT model_version_size_natural CHECK (size_bytes >= 0),
    task            TEXT        NOT NULL,
    metrics         JSONB       NOT NULL,
    labels          JSONB       NOT NULL,
    created_at      TIMESTAMPTZ NOT NULL,
    created_by      TEXT        NOT NULL,
    archived_at     TIMESTAMPTZ,
    CONSTRAINT model_version_pk PRIMARY KEY (model, number),
    CONSTRAINT model_version_source_has_manifest CHECK ((source_uri = '') = (manifest_sha256 = ''))
);

CREATE INDEX model_version_manifest_ix ON model_version (model, manifest_sha256);

CREATE TABLE model_alias (
    model   TEXT   NOT NULL,
    alias   TEXT   NOT NULL CONSTRAINT model_alias_form CHECK (alias ~ '^[a-z][a-z0-9._-]{0,63}$' AND alias <> 'latest'),
    version BIGINT NOT NULL,
    percent INT    NOT NULL CONSTRAINT model_alias_percent_range CHECK (percent BETWEEN 1 AND 100),
    CONSTRAINT model_alias_pk PRIMARY KEY (model, alias, version),
    CONSTRAINT model_alias_version_fk FOREIGN KEY (model, version) REFERENCES model_version (model, number)
);

CREATE FUNCTION model_version_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Whether it is archived may change, and nothing else.
    NEW.archived_at := OLD.archived_at;
    IF NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'model_version: % (expected: a version never changes)', OLD.number USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER model_version_stays AFTER UPDATE ON model_version
    FOR EACH ROW EXECUTE FUNCTION model_version_refuse_change();
