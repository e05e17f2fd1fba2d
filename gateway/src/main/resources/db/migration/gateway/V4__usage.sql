-- What each key has used, by hour. Gateways add to it, about once a second.
CREATE TABLE usage_hour (
    hour              TIMESTAMPTZ NOT NULL,
    key_id            TEXT        NOT NULL,
    model             TEXT        NOT NULL,
    backend           TEXT        NOT NULL,
    requests          BIGINT      NOT NULL,
    errors            BIGINT      NOT NULL,
    rows              BIGINT      NOT NULL,
    prompt_tokens     BIGINT      NOT NULL,
    completion_tokens BIGINT      NOT NULL,
    compute_us        BIGINT      NOT NULL,
    cost_nanos        BIGINT      NOT NULL,
    CONSTRAINT usage_hour_pk PRIMARY KEY (hour, key_id, model, backend)
);

CREATE INDEX usage_hour_key_ix ON usage_hour (key_id, hour);

-- The last flush of each gateway process, written in the transaction of the flush itself: one whose outcome its gateway has not heard of is repeated,
-- and this tells that it is there already.
CREATE TABLE usage_flush (
    instance TEXT        NOT NULL CONSTRAINT usage_flush_pk PRIMARY KEY,
    sequence BIGINT      NOT NULL,
    at       TIMESTAMPTZ NOT NULL
);

CREATE INDEX usage_flush_at_ix ON usage_flush (at);
