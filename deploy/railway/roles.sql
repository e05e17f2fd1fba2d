-- A role and a schema for each service; run once, as the database's owner: psql "$DATABASE_PUBLIC_URL" -v password=… -f deploy/railway/roles.sql
\set ON_ERROR_STOP on
CREATE ROLE weft_gateway LOGIN PASSWORD :'password';
CREATE ROLE weft_training LOGIN PASSWORD :'password';
CREATE ROLE weft_embedding LOGIN PASSWORD :'password';
CREATE SCHEMA gateway AUTHORIZATION weft_gateway;
CREATE SCHEMA training AUTHORIZATION weft_training;
CREATE SCHEMA embedding AUTHORIZATION weft_embedding;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
