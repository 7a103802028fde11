"""Bring Odoo, its Python environment and the browser's libraries into the cache.

Everything is built under a temporary name and renamed when it is whole, so a broken
download leaves nothing half-made behind.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from .base import CACHE, REPO, Problem, digest, run, say

ODOO_PACKAGES = (
    "odoo-19",
    "fonts-font-awesome",
    "fonts-roboto-unhinted",
    "fonts-montserrat",
    "fonts-inconsolata",
    "libjs-jquery",
    "libjs-underscore",
    "libjs-jquery-form",
)
# Debian strips this library; its absence prints an error on every page of the client.
STRIPPED_STUB = "odoo/addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js"


@contextmanager
def building(target: Path):
    """Yield a fresh folder that becomes ``target`` only if the block ends well."""
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    folder.chmod(0o755)
    try:
        yield folder
        if target.exists():
            shutil.rmtree(target)
        folder.rename(target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _debian_site() -> str:
    """Return the mirror this machine itself uses; no address is written here."""
    if not shutil.which("apt-get"):
        raise Problem(
            "This machine has no apt-get. Set ODOO_SRC to an existing Odoo 19.0 tree "
            "(the folder that holds the `odoo` Python package) and run again."
        )
    sites = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(SITE)"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split()
    plain = [site for site in sites if "security" not in site]
    if not (plain or sites):
        raise Problem(
            "apt knows no Debian mirror on this machine. Add one to its sources, "
            "or set ODOO_SRC to an existing Odoo 19.0 tree."
        )
    return (plain or sites)[0]


def _keyring_option() -> str:
    keyring = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
    return f"[signed-by={keyring}]" if keyring.exists() else "[trusted=yes]"


def fetch_odoo() -> Path:
    """Return the folder of the Odoo tree, downloading it the first time."""
    given = os.environ.get("ODOO_SRC")
    if given:
        tree = Path(given).expanduser().resolve()
        if not (tree / "odoo" / "release.py").exists():
            raise Problem(f"ODOO_SRC={given} holds no odoo/release.py: give the folder above.")
        return tree
    target = CACHE / f"odoo-{digest(*ODOO_PACKAGES, STRIPPED_STUB)}"
    tree = target / "usr/lib/python3/dist-packages"
    if tree.exists():
        return tree
    say("Odoo 19.0: downloading the Debian package (about 125 MB)")
    with building(target) as folder:
        apt = folder / ".apt"
        for sub in ("lists/partial", "cache/archives/partial"):
            (apt / sub).mkdir(parents=True)
        (apt / "sources.list").write_text(
            f"deb {_keyring_option()} {_debian_site()} unstable main\n"
        )
        (apt / "status").write_text("")
        options = []
        for key, value in {
            "Dir::Etc::sourcelist": apt / "sources.list",
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::State::Lists": apt / "lists",
            "Dir::State::status": apt / "status",
            "Dir::Cache": apt / "cache",
            "APT::Get::List-Cleanup": "0",
            "APT::Sandbox::User": "",
            "Acquire::Languages": "none",
            "Acquire::Check-Valid-Until": "false",
        }.items():
            options += ["-o", f"{key}={value}"]
        hint = (
            "The download of Odoo failed. Check that this machine reaches its Debian mirror "
            "(`apt-get update`), or set ODOO_SRC to an existing Odoo 19.0 tree, then run again."
        )
        run(["apt-get", *options, "-q", "update"], cwd=apt, hint=hint)
        run(["apt-get", *options, "-q", "download", *ODOO_PACKAGES], cwd=apt, hint=hint)
        debs = sorted(apt.glob("*.deb"))
        for number, deb in enumerate(debs, 1):
            say(f"Odoo 19.0: unpacking {number}/{len(debs)} {deb.name.split('_')[0]}")
            run(["dpkg-deb", "-x", str(deb), str(folder)], hint=hint)
        shutil.rmtree(apt)
        stub = folder / "usr/lib/python3/dist-packages" / STRIPPED_STUB
        stub.parent.mkdir(parents=True, exist_ok=True)
        stub.write_text("// Left out by Debian; optional blur of the camera's background.\n")
        _relink(folder)
    return tree


def _relink(folder: Path) -> None:
    """Point links that leave the unpacked tree at the fonts unpacked beside it."""
    for link in (folder / "usr/lib/python3/dist-packages").rglob("*"):
        if link.is_symlink() and not link.exists():
            goal = os.readlink(link)
            if goal.startswith("/") and (folder / goal.lstrip("/")).exists():
                link.unlink()
                link.symlink_to(os.path.relpath(folder / goal.lstrip("/"), link.parent))


def fetch_python(odoo: Path) -> Path:
    """Return the interpreter of the suite's virtual environment."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    files = [REPO / "requirements.txt", REPO / "requirements-dev.txt"]
    key = digest(version, *(file.read_text() for file in files))
    target = CACHE / f"python-{version}-{key}"
    python = target / "bin/python"
    if not (target / ".whole").exists():
        if target.exists():
            shutil.rmtree(target)
        say("Python: creating the environment and installing packages (about a minute)")
        started = time.monotonic()
        hint = (
            "Installing the Python packages failed. Check that this machine reaches its package "
            "index (`pip download six`), then run again; nothing half-made was kept."
        )
        try:
            # A virtual environment can't be renamed, hence a mark instead of `building`.
            run([sys.executable, "-m", "venv", str(target)], hint=hint)
            command = [str(python), "-m", "pip", "install", "-q", "--no-input"]
            run([*command, *(arg for file in files for arg in ("-r", str(file)))], hint=hint)
            (target / ".whole").write_text("")
        except BaseException:
            shutil.rmtree(target, ignore_errors=True)
            raise
        say(f"Python: ready after {time.monotonic() - started:.0f} s")
    _put_odoo_on_path(python, odoo)
    return python


def _put_odoo_on_path(python: Path, odoo: Path) -> None:
    for site in (python.parent.parent / "lib").glob("python3*/site-packages"):
        link = site / "field_suite_odoo.pth"
        wanted = f"{odoo}\n"
        if not link.exists() or link.read_text() != wanted:
            link.write_text(wanted)
