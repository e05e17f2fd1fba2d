-- A file of embedding requests and how far the work on it is.
CREATE TABLE batch (
    id             TEXT        CONSTRAINT batch_pk PRIMARY KEY,
    state          TEXT        NOT NULL CONSTRAINT batch_state_ck CHECK (state IN
        ('VALIDATING', 'FAILED', 'IN_PROGRESS', 'FINALIZING', 'COMPLETED', 'EXPIRED', 'CANCELLING', 'CANCELLED')),
    -- Set when the window has closed: it is put together as it is, and ends as EXPIRED.
    expiring       BOOLEAN     NOT NULL DEFAULT FALSE,
    input_file     TEXT        NOT NULL,
    window_ms      BIGINT      NOT NULL,
    metadata       TEXT        NOT NULL,
    output_keep_ms BIGINT,
    model          TEXT        NOT NULL DEFAULT '',
    lines          BIGINT      NOT NULL DEFAULT 0,
    output_file    TEXT,
    error_file     TEXT,
    errors         TEXT        NOT NULL DEFAULT '[]',
    created_at     TIMESTAMPTZ NOT NULL,
    expires_at     TIMESTAMPTZ NOT NULL,
    in_progress_at TIMESTAMPTZ,
    finalizing_at  TIMESTAMPTZ,
    completed_at   TIMESTAMPTZ,
    failed_at      TIMESTAMPTZ,
    expired_at     TIMESTAMPTZ,
    cancelling_at  TIMESTAMPTZ,
    cancelled_at   TIMESTAMPTZ,
    lease_owner    TEXT,
    lease_until    TIMESTAMPTZ,
    attempt        BIGINT      NOT NULL DEFAULT 0
);
CREATE INDEX batch_created_ix ON batch (created_at, id);
CREATE INDEX batch_open_ix ON batch (created_at) WHERE state IN ('VALIDATING', 'IN_PROGRESS', 'FINALIZING', 'CANCELLING');

-- A part of a batch's input that ends where lines end.
CREATE TABLE batch_chunk (
    id          BIGINT  GENERATED ALWAYS AS IDENTITY CONSTRAINT batch_chunk_pk PRIMARY KEY,
    batch       TEXT    NOT NULL CONSTRAINT batch_chunk_batch_fk REFERENCES batch ON DELETE CASCADE,
    number      INTEGER NOT NULL,
    first_line  BIGINT  NOT NULL,
    lines       INTEGER NOT NULL,
    start_byte  BIGINT  NOT NULL,
    end_byte    BIGINT  NOT NULL,
    state       TEXT    NOT NULL DEFAULT 'WAITING' CONSTRAINT batch_chunk_state_ck CHECK (state IN ('WAITING', 'DONE', 'SKIPPED')),
    -- Where its results lie; none where there are none.
    output_blob UUID    CONSTRAINT batch_chunk_output_blob_fk REFERENCES blob,
    output_size BIGINT  NOT NULL DEFAULT 0,
    error_blob  UUID    CONSTRAINT batch_chunk_error_blob_fk REFERENCES blob,
    error_size  BIGINT  NOT NULL DEFAULT 0,
    completed   INTEGER NOT NULL DEFAULT 0,
    failed      INTEGER NOT NULL DEFAULT 0,
    tokens      BIGINT  NOT NULL DEFAULT 0,
    finished_at TIMESTAMPTZ,
    lease_owner TEXT,
    lease_until TIMESTAMPTZ,
    attempt     BIGINT  NOT NULL DEFAULT 0,
    CONSTRAINT batch_chunk_number_uq UNIQUE (batch, number)
);
-- The order of claims: batches take turns, so that a small one does not wait for the end of a large one that came before.
CREATE INDEX batch_chunk_waiting_ix ON batch_chunk (number, id) WHERE state = 'WAITING';
