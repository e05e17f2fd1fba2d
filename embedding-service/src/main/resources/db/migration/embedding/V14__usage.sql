-- What batches have taken of models and nobody has added to their owners' usage. A delivery is what is added at once; 0 is in none.
CREATE TABLE batch_usage (
    owner         TEXT        NOT NULL,
    model         TEXT        NOT NULL,
    hour          TIMESTAMPTZ NOT NULL,
    delivery      BIGINT      NOT NULL DEFAULT 0,
    requests      BIGINT      NOT NULL,
    errors        BIGINT      NOT NULL,
    rows          BIGINT      NOT NULL,
    prompt_tokens BIGINT      NOT NULL,
    compute_us    BIGINT      NOT NULL,
    CONSTRAINT batch_usage_pk PRIMARY KEY (owner, model, hour, delivery)
);

-- Whose deliveries they are, and the number of the last: whoever adds them remembers both.
CREATE TABLE usage_source (
    id       UUID   NOT NULL CONSTRAINT usage_source_pk PRIMARY KEY DEFAULT gen_random_uuid(),
    delivery BIGINT NOT NULL DEFAULT 0
);
INSERT INTO usage_source DEFAULT VALUES;
