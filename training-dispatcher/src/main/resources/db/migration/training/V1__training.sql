-- A job, what is wanted of it and how far it is. Clients change only cancel_*; everything else below "state" belongs to the holder of the lease.
CREATE TABLE training_job (
    id                 TEXT        CONSTRAINT training_job_pk PRIMARY KEY,
    owner              TEXT        NOT NULL,
    idempotency_key    TEXT,
    request_digest     TEXT        NOT NULL,
    runtime            TEXT        NOT NULL,
    runtime_definition JSON        NOT NULL,
    parameters         JSON        NOT NULL,
    data_uri           TEXT,
    data_file          TEXT,
    data_bytes         BIGINT      NOT NULL,
    backend            TEXT        NOT NULL,
    cpu_millis         INT         NOT NULL,
    memory_bytes       BIGINT      NOT NULL,
    gpus               INT         NOT NULL,
    max_attempts       INT         NOT NULL,
    labels             JSONB       NOT NULL,
    publish_model      TEXT,
    publish_store      TEXT,
    publish_metric     TEXT,
    publish_margin     DOUBLE PRECISION NOT NULL,
    created_at         TIMESTAMPTZ NOT NULL,
    deadline_at        TIMESTAMPTZ NOT NULL,
    cancel_requested_at TIMESTAMPTZ,
    cancel_reason      TEXT,

    state              TEXT        NOT NULL,
    state_since        TIMESTAMPTZ NOT NULL,
    ended              BOOLEAN     NOT NULL,
    attempt            INT         NOT NULL,
    external_id        TEXT,
    site               TEXT,
    site_lost          BOOLEAN     NOT NULL DEFAULT FALSE,
    reason_kind        TEXT,
    reason             TEXT,
    note               TEXT        NOT NULL DEFAULT '',
    -- The run's event that tells what it has made.
    result             TEXT,
    model_uri          TEXT,
    model_version      TEXT,
    promoted           BOOLEAN     NOT NULL DEFAULT FALSE,
    -- What the run has told: where reading its output goes on, and its progress when it first and last told any.
    output_cursor      TEXT        NOT NULL DEFAULT '',
    progress           DOUBLE PRECISION NOT NULL DEFAULT 0,
    progress_at        TIMESTAMPTZ,
    progress_from      DOUBLE PRECISION NOT NULL DEFAULT 0,
    progress_from_at   TIMESTAMPTZ,
    event_count        BIGINT      NOT NULL DEFAULT 0,
    log_count          BIGINT      NOT NULL DEFAULT 0,
    metric_count       BIGINT      NOT NULL DEFAULT 0,
    -- Steps that were begun one after another without coming to an end, and that ended with an error.
    steps_unfinished   INT         NOT NULL DEFAULT 0,
    steps_failed       INT         NOT NULL DEFAULT 0,
    lease_owner        TEXT,
    lease_until        TIMESTAMPTZ,
    claims             BIGINT      NOT NULL DEFAULT 0,

    CONSTRAINT training_job_state_ck CHECK (state IN
        ('QUEUED', 'DISPATCHED', 'RUNNING', 'STOPPING', 'SUCCEEDED', 'PUBLISHED', 'FAILED', 'CANCELLED')),
    CONSTRAINT training_job_data_ck CHECK (data_uri IS NULL OR data_file IS NULL)
);

CREATE UNIQUE INDEX training_job_idempotency_uq ON training_job (owner, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX training_job_open_ix ON training_job (backend, created_at, id) WHERE NOT ended;
CREATE INDEX training_job_created_ix ON training_job (created_at, id);

-- Data that came with the job; removed some time after it has ended.
CREATE TABLE training_data (
    job_id  TEXT  CONSTRAINT training_data_pk PRIMARY KEY CONSTRAINT training_data_job_fk REFERENCES training_job ON DELETE CASCADE,
    content BYTEA NOT NULL
);

-- Numbered from 1 without gaps for each job, so that who watches can go on where he was. Rows are never changed.
CREATE TABLE training_event (
    job_id  TEXT        NOT NULL CONSTRAINT training_event_job_fk REFERENCES training_job ON DELETE CASCADE,
    number  BIGINT      NOT NULL,
    at      TIMESTAMPTZ NOT NULL,
    attempt INT         NOT NULL,
    type    TEXT        NOT NULL,
    message TEXT        NOT NULL,
    CONSTRAINT training_event_pk PRIMARY KEY (job_id, number)
);

CREATE TABLE training_log (
    job_id  TEXT        NOT NULL CONSTRAINT training_log_job_fk REFERENCES training_job ON DELETE CASCADE,
    number  BIGINT      NOT NULL,
    at      TIMESTAMPTZ NOT NULL,
    attempt INT         NOT NULL,
    stream  TEXT        NOT NULL,
    line    TEXT        NOT NULL,
    CONSTRAINT training_log_pk PRIMARY KEY (job_id, number)
);

CREATE TABLE training_metric (
    job_id  TEXT        NOT NULL CONSTRAINT training_metric_job_fk REFERENCES training_job ON DELETE CASCADE,
    number  BIGINT      NOT NULL,
    at      TIMESTAMPTZ NOT NULL,
    attempt INT         NOT NULL,
    step    BIGINT      NOT NULL,
    name    TEXT        NOT NULL,
    value   DOUBLE PRECISION NOT NULL,
    CONSTRAINT training_metric_pk PRIMARY KEY (job_id, number)
);

-- Runtimes that administrators define; built-in ones are not here.
CREATE TABLE training_runtime (
    name       TEXT        CONSTRAINT training_runtime_pk PRIMARY KEY,
    definition JSONB       NOT NULL,
    changed_at TIMESTAMPTZ NOT NULL
);

-- Places whose runs only the dispatchers there can reach, such as one machine's processes, and when such a dispatcher was last there.
CREATE TABLE training_site (
    site    TEXT        CONSTRAINT training_site_pk PRIMARY KEY,
    seen_at TIMESTAMPTZ NOT NULL
);
