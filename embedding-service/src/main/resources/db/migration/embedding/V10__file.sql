-- A run of bytes in a file store, written once and never changed. A row is there before its first byte, so that nothing of a writer who died is forgotten.
CREATE TABLE blob (
    id         UUID        CONSTRAINT blob_pk PRIMARY KEY,
    store      TEXT        NOT NULL,
    -- Something refers to it; what nothing refers to is removed when it is old enough to have no writer any more.
    kept       BOOLEAN     NOT NULL DEFAULT FALSE,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
CREATE INDEX blob_orphan_ix ON blob (created_at) WHERE NOT kept;

-- What a client has uploaded, or a batch has made. Its bytes are those of its blobs, one after another.
CREATE TABLE file (
    id         TEXT        CONSTRAINT file_pk PRIMARY KEY,
    name       TEXT        NOT NULL,
    purpose    TEXT        NOT NULL CONSTRAINT file_purpose_ck CHECK (purpose IN ('BATCH', 'BATCH_OUTPUT')),
    size_bytes BIGINT      NOT NULL CONSTRAINT file_size_bytes_ck CHECK (size_bytes >= 0),
    -- Of what was uploaded; a batch's output is never read as a whole to compute it.
    sha256     TEXT,
    created_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ,
    -- Batches that still need it.
    users      INTEGER     NOT NULL DEFAULT 0 CONSTRAINT file_users_ck CHECK (users >= 0)
);
CREATE INDEX file_created_ix ON file (created_at, id);
CREATE INDEX file_expires_ix ON file (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE file_blob (
    file       TEXT    NOT NULL CONSTRAINT file_blob_file_fk REFERENCES file ON DELETE CASCADE,
    number     INTEGER NOT NULL,
    blob       UUID    NOT NULL CONSTRAINT file_blob_blob_fk REFERENCES blob,
    size_bytes BIGINT  NOT NULL,
    CONSTRAINT file_blob_pk PRIMARY KEY (file, number)
);
CREATE INDEX file_blob_blob_ix ON file_blob (blob);

-- The bytes of blobs that lie in PostgreSQL: all blocks of a blob but the last have the same size.
CREATE TABLE blob_block (
    blob   UUID    NOT NULL,
    number INTEGER NOT NULL,
    bytes  BYTEA   NOT NULL,
    CONSTRAINT blob_block_pk PRIMARY KEY (blob, number)
);
-- Vectors do not compress; trying costs more than writing them.
ALTER TABLE blob_block ALTER COLUMN bytes SET STORAGE EXTERNAL;
