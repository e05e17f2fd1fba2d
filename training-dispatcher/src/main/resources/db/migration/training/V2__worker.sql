-- Machines that pull work. Of a token only its hash is kept.
CREATE TABLE training_worker (
    name         TEXT        CONSTRAINT training_worker_pk PRIMARY KEY,
    token_sha256 TEXT        NOT NULL CONSTRAINT training_worker_token_uq UNIQUE,
    created_at   TIMESTAMPTZ NOT NULL,
    last_seen_at TIMESTAMPTZ,
    revoked      BOOLEAN     NOT NULL DEFAULT FALSE
);

-- Runs that are offered to workers, and what becomes of them. lease_owner is the worker's name.
CREATE TABLE training_worker_run (
    run_key            TEXT        CONSTRAINT training_worker_run_pk PRIMARY KEY,
    job_id             TEXT        NOT NULL,
    attempt            INT         NOT NULL,
    runtime            TEXT        NOT NULL DEFAULT '',
    runtime_definition JSON        NOT NULL DEFAULT '{}',
    parameters         JSON        NOT NULL DEFAULT '{}',
    data_uri           TEXT,
    data_file          TEXT,
    data_bytes         BIGINT      NOT NULL DEFAULT 0,
    cpu_millis         INT         NOT NULL DEFAULT 0,
    memory_bytes       BIGINT      NOT NULL DEFAULT 0,
    gpus               INT         NOT NULL DEFAULT 0,
    offered_at         TIMESTAMPTZ NOT NULL,
    deadline_at        TIMESTAMPTZ NOT NULL,
    state              TEXT        NOT NULL,
    stop_requested_at  TIMESTAMPTZ,
    last_report        BIGINT      NOT NULL DEFAULT 0,
    reason             TEXT        NOT NULL DEFAULT '',
    retryable          BOOLEAN     NOT NULL DEFAULT FALSE,
    metrics            JSON        NOT NULL DEFAULT '{}',
    lease_owner        TEXT,
    lease_until        TIMESTAMPTZ,
    claims             BIGINT      NOT NULL DEFAULT 0,
    CONSTRAINT training_worker_run_state_ck CHECK (state IN ('OFFERED', 'CLAIMED', 'SUCCEEDED', 'FAILED', 'CANCELLED'))
);

CREATE INDEX training_worker_run_offered_ix ON training_worker_run (offered_at, run_key) WHERE state = 'OFFERED';

-- Files of a run's result, as far as they have come.
CREATE TABLE training_worker_file (
    run_key    TEXT   NOT NULL CONSTRAINT training_worker_file_run_fk REFERENCES training_worker_run ON DELETE CASCADE,
    path       TEXT   NOT NULL,
    size_bytes BIGINT NOT NULL,
    sha256     TEXT   NOT NULL,
    received   BIGINT NOT NULL DEFAULT 0,
    CONSTRAINT training_worker_file_pk PRIMARY KEY (run_key, path)
);

CREATE TABLE training_worker_chunk (
    run_key   TEXT   NOT NULL,
    path      TEXT   NOT NULL,
    from_byte BIGINT NOT NULL,
    content   BYTEA  NOT NULL,
    CONSTRAINT training_worker_chunk_pk PRIMARY KEY (run_key, path, from_byte),
    CONSTRAINT training_worker_chunk_file_fk FOREIGN KEY (run_key, path) REFERENCES training_worker_file ON DELETE CASCADE
);
