#!/usr/bin/env bash
# Write one archive of the database and its files: field-backup > backup.zip
set -euo pipefail
: "${DB_HOST:?}" "${DB_NAME:?}"
umask 077
conf="$(mktemp)"
trap 'rm -f "$conf"' EXIT
cat >"$conf" <<CONF
[options]
db_host = $DB_HOST
db_port = ${DB_PORT:-5432}
db_user = ${DB_USER:-odoo}
db_password = ${DB_PASSWORD:-$(cat "${DB_PASSWORD_FILE:-/dev/null}")}
data_dir = ${DATA_DIR:-/var/lib/odoo}
CONF
python3 -m odoo db -c "$conf" dump "$DB_NAME" -
