-- A set of points with vectors of one dimension, compared by one metric.
CREATE TABLE collection (
    id         BIGINT GENERATED ALWAYS AS IDENTITY CONSTRAINT collection_pk PRIMARY KEY,
    name       TEXT        NOT NULL CONSTRAINT collection_name_uq UNIQUE,
    -- What embeds its texts; empty when its vectors come from elsewhere.
    model      TEXT        NOT NULL,
    dimension  INTEGER     NOT NULL CONSTRAINT collection_dimension_ck CHECK (dimension BETWEEN 1 AND 20000),
    metric     TEXT        NOT NULL CONSTRAINT collection_metric_ck CHECK (metric IN ('COSINE', 'DOT', 'EUCLIDEAN')),
    store      TEXT        NOT NULL,
    state      TEXT        NOT NULL CONSTRAINT collection_state_ck CHECK (state IN ('CREATING', 'READY', 'DELETING')),
    created_at TIMESTAMPTZ NOT NULL
);

-- The store "embedded": its points and, since each point has the number of its last change, the log of changes that indexes follow.
-- Whoever writes updates the space's row first, and so holds it until the commit: changes become visible in the order of their numbers.
CREATE TABLE embedded_space (
    id          BIGINT CONSTRAINT embedded_space_pk PRIMARY KEY,
    -- Tells this space from one of a database that was made anew, or restored from elsewhere.
    incarnation UUID    NOT NULL DEFAULT gen_random_uuid(),
    dimension   INTEGER NOT NULL,
    metric      TEXT    NOT NULL,
    sequence    BIGINT  NOT NULL DEFAULT 0,
    -- Removals up to this change are forgotten: an index that is older cannot catch up.
    purged      BIGINT  NOT NULL DEFAULT 0,
    points      BIGINT  NOT NULL DEFAULT 0 CONSTRAINT embedded_space_points_ck CHECK (points >= 0)
);

CREATE TABLE embedded_point (
    space_id BIGINT NOT NULL,
    id       TEXT COLLATE "C" NOT NULL,
    sequence BIGINT NOT NULL,
    -- Little-endian floats; null once the point is removed.
    vector   BYTEA,
    text     TEXT,
    metadata JSONB,
    CONSTRAINT embedded_point_pk PRIMARY KEY (space_id, id)
);

-- Floats do not compress, and trying takes time.
ALTER TABLE embedded_point ALTER COLUMN vector SET STORAGE EXTERNAL;

CREATE UNIQUE INDEX embedded_point_sequence_ux ON embedded_point (space_id, sequence);
