-- Keys of clients. What a client holds is stored as its SHA-256 only; keys are revoked, never deleted, so that usage keeps its names.
CREATE TABLE api_key (
    id                  TEXT             NOT NULL CONSTRAINT api_key_pk PRIMARY KEY,
    hash                BYTEA            NOT NULL CONSTRAINT api_key_hash_ck CHECK (octet_length(hash) = 32),
    name                TEXT             NOT NULL,
    owner               TEXT             NOT NULL,
    scopes              TEXT[]           NOT NULL CONSTRAINT api_key_scopes_ck CHECK (cardinality(scopes) > 0),
    models              TEXT[]           NOT NULL,
    requests_per_second DOUBLE PRECISION          CONSTRAINT api_key_requests_ck CHECK (requests_per_second > 0),
    burst               INTEGER                   CONSTRAINT api_key_burst_ck CHECK (burst > 0),
    tokens_per_minute   BIGINT                    CONSTRAINT api_key_tokens_ck CHECK (tokens_per_minute > 0),
    concurrent          INTEGER                   CONSTRAINT api_key_concurrent_ck CHECK (concurrent > 0),
    created_at          TIMESTAMPTZ      NOT NULL,
    created_by          TEXT             NOT NULL,
    expires_at          TIMESTAMPTZ,
    revoked_at          TIMESTAMPTZ
);

-- The keys that every gateway holds in memory.
CREATE INDEX api_key_valid_ix ON api_key (id) WHERE revoked_at IS NULL;
