#!/usr/bin/env bash
# Load an archive of field-backup into a new database: field-restore NEW_NAME backup.zip
# Never overwrites: the name must be free. --neutralize makes a copy that sends no mail.
set -euo pipefail
name="${1:?usage: field-restore NEW_NAME ARCHIVE [--neutralize]}"
archive="${2:?usage: field-restore NEW_NAME ARCHIVE [--neutralize]}"
shift 2
: "${DB_HOST:?}"
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
python3 -m odoo db -c "$conf" load "$@" "$name" "$archive"
