#!/usr/bin/env bash
# Healthy: the web server answers, or, in the cron container, Odoo reaches its database.
set -euo pipefail

if [ "${WORKERS:-4}" != 0 ]; then
    exec python3 -c '
import os, urllib.request
urllib.request.urlopen(os.environ["FIELD_HEALTH_URL"], timeout=8)
'
fi
password="${DB_PASSWORD:-$(cat "${DB_PASSWORD_FILE:?}")}"
PGPASSWORD="$password" exec python3 -c '
import os, psycopg2
connection = psycopg2.connect(
    host=os.environ["DB_HOST"], port=os.environ.get("DB_PORT", "5432"),
    user=os.environ.get("DB_USER", "odoo"), dbname=os.environ["DB_NAME"], connect_timeout=5)
connection.cursor().execute("SELECT 1")
'
