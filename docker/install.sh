#!/usr/bin/env bash
# The image's steps: put the suite, its configuration and its Python packages in place.
#
#   docker/install.sh TARGET
#
# TARGET is the root of the file system to install into: / inside the image, a bare folder in
# `make test`. PYTHON is the interpreter that gets the packages; SKIP_REQUIREMENTS=1 leaves it as
# it is (the test's environment has them already).
set -euo pipefail

target="${1:?usage: docker/install.sh TARGET}"
source="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
python="${PYTHON:-python3}"
mkdir -p "$target"
target="$(cd "$target" && pwd)"
target="${target%/}"

# Odoo knows the repository as the module `field_suite`, so that is its folder's name; the
# addons inside it are the second folder on the addons path.
# Not /mnt/extra-addons: the official image declares that a volume, whose content a build may lose.
suite="$target/opt/field/field_suite"
rm -rf "$suite"
mkdir -p "$suite"
for name in __init__.py __manifest__.py LICENSE addons models views security data wizard report \
    controllers static i18n; do
    if [ -e "$source/$name" ]; then
        cp -R "$source/$name" "$suite/$name"
    fi
done
# Leaflet draws the maps. The tools put it into the checkout; a bare checkout gets it here through
# npm, which the official image brings. Without it the suite works and its maps say what to do.
leaflet="$suite/addons/field_planning/static/lib/leaflet"
if [ ! -e "$leaflet/leaflet.js" ] && command -v npm >/dev/null; then
    work="$(mktemp -d)"
    cp "$source/package.json" "$source/package-lock.json" "$work/"
    if (cd "$work" && npm ci --omit=dev --no-audit --no-fund --ignore-scripts); then
        mkdir -p "$leaflet"
        cp -R "$work"/node_modules/leaflet/{LICENSE,dist/leaflet.js,dist/leaflet.css,dist/images} \
            "$leaflet/"
    fi
    rm -rf "$work"
fi
if [ ! -e "$leaflet/leaflet.js" ]; then
    echo "note: Leaflet is missing, so the maps will not be drawn; run any make target of the" \
        "checkout (make test, make demo) before building the image, or give the image npm" >&2
fi
find "$suite" -type d \( -name __pycache__ -o -name tests \) -prune -exec rm -rf {} +

mkdir -p "$target/etc/odoo" "$target/usr/local/bin"
cp "$source/docker/odoo.conf" "$target/etc/odoo/odoo.conf"
for program in entrypoint health backup restore; do
    cp "$source/docker/$program.sh" "$target/usr/local/bin/field-$program"
    chmod 755 "$target/usr/local/bin/field-$program"
done

if [ "${SKIP_REQUIREMENTS:-0}" != 1 ]; then
    # The official image brings Odoo's own packages from Debian; only ours are added.
    "$python" -m pip install --no-cache-dir --break-system-packages \
        -r "$source/docker/requirements.txt"
fi
# Fails here, in the build, rather than at the first import of a planning.
"$python" - "$source/docker/requirements.txt" <<'PYTHON'
import importlib.metadata
import re
import sys

names = [
    re.match(r"[A-Za-z0-9_.-]+", line).group()
    for line in open(sys.argv[1])
    if line.strip() and not line.startswith("#")
]
missing = []
for name in names:
    try:
        importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        missing.append(name)
if missing:
    sys.exit(f"Python packages missing from the image: {', '.join(missing)}")
PYTHON

chmod -R u=rwX,go=rX "$suite" "$target/etc/odoo"
echo "field-suite installed in $suite"
