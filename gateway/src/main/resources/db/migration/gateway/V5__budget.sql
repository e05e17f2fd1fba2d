ALTER TABLE api_key
    ADD COLUMN tokens_per_month BIGINT           CONSTRAINT api_key_month_tokens_ck CHECK (tokens_per_month > 0),
    ADD COLUMN cost_per_month   DOUBLE PRECISION CONSTRAINT api_key_month_cost_ck CHECK (cost_per_month > 0);

-- What each key has used in each month (UTC): the sums of usage_hour, which flushes keep beside it, so that budgets are read by the row.
CREATE TABLE usage_month (
    month      DATE   NOT NULL,
    key_id     TEXT   NOT NULL,
    tokens     BIGINT NOT NULL,
    cost_nanos BIGINT NOT NULL,
    CONSTRAINT usage_month_pk PRIMARY KEY (month, key_id)
);

INSERT INTO usage_month (month, key_id, tokens, cost_nanos)
SELECT date_trunc('month', hour AT TIME ZONE 'UTC')::date, key_id, sum(prompt_tokens + completion_tokens), sum(cost_nanos)
FROM usage_hour GROUP BY 1, 2;
