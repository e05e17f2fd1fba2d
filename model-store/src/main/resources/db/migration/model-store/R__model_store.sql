-- Tables of the model store pg:, in the schema of the service that owns them. Repeatable, so that its versions are in nobody's way;
-- every statement must leave what is there as it is.
CREATE TABLE IF NOT EXISTS model_store_package (
    name varchar(128) COLLATE "C" NOT NULL,
    version varchar(64) COLLATE "C" NOT NULL,
    manifest text NOT NULL,
    size_bytes bigint NOT NULL,
    published_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT model_store_package_pk PRIMARY KEY (name, version),
    CONSTRAINT model_store_package_size CHECK (size_bytes >= 0)
);

-- What files hold, once for all packages that have it; cut, since a value of PostgreSQL is held in memory as a whole.
CREATE TABLE IF NOT EXISTS model_store_chunk (
    sha256 varchar(64) COLLATE "C" NOT NULL,
    first_byte bigint NOT NULL,
    bytes bytea NOT NULL,
    CONSTRAINT model_store_chunk_pk PRIMARY KEY (sha256, first_byte),
    CONSTRAINT model_store_chunk_first_byte CHECK (first_byte >= 0)
);
ALTER TABLE model_store_chunk ALTER COLUMN bytes SET STORAGE EXTERNAL;
