#!/bin/sh
# Runs once, when the volume is empty: each service has a role that owns its schema and can do nothing else.
set -eu
for schema in gateway training embedding; do
    password=$(cat "/etc/weft/database/$schema-password")
    psql -v ON_ERROR_STOP=1 -v password="$password" -U postgres -d weft <<END
CREATE ROLE weft_$schema LOGIN PASSWORD :'password';
ALTER ROLE weft_$schema IN DATABASE weft SET search_path = $schema;
GRANT CONNECT ON DATABASE weft TO weft_$schema;
CREATE SCHEMA $schema AUTHORIZATION weft_$schema;
END
done
psql -v ON_ERROR_STOP=1 -U postgres -d weft -c 'REVOKE ALL ON DATABASE weft FROM PUBLIC; REVOKE ALL ON SCHEMA public FROM PUBLIC'
