#!/usr/bin/env bash
# Start Odoo with what the environment says. First argument: odoo (default), install or shell.
#
#   DB_HOST DB_PORT DB_USER DB_NAME      where the database is
#   DB_PASSWORD or DB_PASSWORD_FILE      its password (a file is better: a secret of compose)
#   ADMIN_PASSWD or ADMIN_PASSWD_FILE    Odoo's master password
#   ADMIN_LOGIN ADMIN_PASSWORD           the administrator, for `install` only
#   WORKERS MAX_CRON_THREADS             web container: 4 and 0; cron container: 0 and 2
set -euo pipefail

secret() {
    local file="${1}_FILE"
    if [ -n "${!file:-}" ]; then
        cat "${!file}"
    else
        printf '%s' "${!1:-}"
    fi
}

: "${DB_HOST:?DB_HOST is not set}" "${DB_NAME:?DB_NAME is not set}"
: "${DB_USER:=odoo}" "${DB_PORT:=5432}" "${WORKERS:=4}" "${MAX_CRON_THREADS:=0}"
password="$(secret DB_PASSWORD)"
master="$(secret ADMIN_PASSWD)"
if [ -z "$password" ] || [ -z "$master" ]; then
    echo "DB_PASSWORD and ADMIN_PASSWD (or the same names with _FILE) must be set" >&2
    exit 1
fi

# The secrets go to a file that only this user can read, not to the list of processes.
umask 077
conf="$(mktemp -d)/odoo.conf"
cat /etc/odoo/odoo.conf - >"$conf" <<CONF
admin_passwd = $master
db_host = $DB_HOST
db_port = $DB_PORT
db_user = $DB_USER
db_password = $password
db_name = $DB_NAME
dbfilter = ^$DB_NAME\$
workers = $WORKERS
max_cron_threads = $MAX_CRON_THREADS
CONF

case "${1:-odoo}" in
install)
    # First start: a company in France, so that `account` finds its country before it is installed.
    # The password passes through the environment: a command line can be read by others.
    ADMIN_PASSWORD="$(secret ADMIN_PASSWORD)"
    : "${ADMIN_PASSWORD:?ADMIN_PASSWORD is not set: the administrator would be admin / admin}"
    export ADMIN_PASSWORD
    python3 -m odoo db -c "$conf" init "$DB_NAME" --country "${COUNTRY:-FR}" \
        --language "${LANGUAGE:-fr_FR}" --username "${ADMIN_LOGIN:-admin}" \
        --password "$(head -c 24 /dev/urandom | base64)"
    odoo shell -c "$conf" --no-http <<'PYTHON'
import os
env.ref("base.user_admin").password = os.environ["ADMIN_PASSWORD"]
env.cr.commit()
PYTHON
    exec odoo -c "$conf" -i l10n_fr_account,field_suite --no-http --stop-after-init
    ;;
upgrade)
    exec odoo -c "$conf" -u field_suite --no-http --stop-after-init
    ;;
shell)
    exec odoo shell -c "$conf" --no-http
    ;;
odoo)
    shift || true
    exec odoo -c "$conf" "$@"
    ;;
*)
    exec "$@"
    ;;
esac
