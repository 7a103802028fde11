"""What can be said of the container files without a Docker engine."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

DOCKER = Path(__file__).resolve().parents[2] / "docker"


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((DOCKER / "compose.yaml").read_text())


def test_services(compose):
    assert {"db", "web", "cron", "proxy", "mail"} <= set(compose["services"])
    assert compose["services"]["mail"]["profiles"] == ["trial"]


def test_web_and_cron_are_apart(compose):
    web = compose["services"]["web"]["environment"]
    cron = compose["services"]["cron"]["environment"]
    assert web["MAX_CRON_THREADS"] == "0" and web["WORKERS"] != "0"
    assert cron["WORKERS"] == "0" and cron["MAX_CRON_THREADS"] != "0"


def test_each_service_has_a_health_check(compose):
    image_has_one = "HEALTHCHECK" in (DOCKER / "Dockerfile").read_text()
    for name, service in compose["services"].items():
        assert "healthcheck" in service or (image_has_one and "build" in service), name


def test_only_the_proxy_is_reachable_from_outside(compose):
    for name, service in compose["services"].items():
        for port in service.get("ports", []):
            assert name == "proxy" or port.startswith("127.0.0.1:"), f"{name} {port}"


def test_no_service_may_gain_privileges(compose):
    for name, service in compose["services"].items():
        assert "no-new-privileges:true" in service["security_opt"], name
        assert not service.get("privileged"), name


def test_odoo_does_not_run_as_root(compose):
    assert compose["services"]["web"]["user"] == compose["services"]["cron"]["user"] == "odoo"
    users = re.findall(r"^USER (\w+)$", (DOCKER / "Dockerfile").read_text(), re.MULTILINE)
    assert users[-1] == "odoo"


def test_named_volumes_and_secrets_exist(compose):
    for name, service in compose["services"].items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if source.startswith("."):
                assert (DOCKER / source).exists(), f"{name}: {source}"
            else:
                assert source in compose["volumes"], f"{name}: {source}"
        assert set(service.get("secrets", [])) <= set(compose["secrets"]), name


def test_no_secret_is_written_down(compose):
    for secret in compose["secrets"].values():
        assert set(secret) == {"environment"}
    example = (DOCKER / ".env.example").read_text()
    for name in ("DB_PASSWORD", "ADMIN_PASSWD", "ADMIN_PASSWORD"):
        assert re.search(rf"^{name}=$", example, re.MULTILINE), name
    assert not re.search(r"passw(or)?d\s*=", (DOCKER / "odoo.conf").read_text())


def test_every_variable_is_explained(compose):
    used = set(re.findall(r"\$\{(\w+)", (DOCKER / "compose.yaml").read_text()))
    used |= {secret["environment"] for secret in compose["secrets"].values()}
    explained = set(re.findall(r"^#? ?(\w+)=", (DOCKER / ".env.example").read_text(), re.MULTILINE))
    assert used - explained <= {"HTTP_PORT", "HTTPS_PORT"}


@pytest.mark.parametrize("script", sorted(path.name for path in DOCKER.glob("*.sh")))
def test_scripts_parse_and_stop_on_errors(script):
    path = DOCKER / script
    subprocess.run(["bash", "-n", str(path)], check=True)
    assert "set -euo pipefail" in path.read_text()
    assert os.access(path, os.X_OK)


def test_entrypoint_refuses_to_start_without_secrets():
    bare = {"PATH": os.environ["PATH"], "DB_HOST": "db", "DB_NAME": "field"}
    done = subprocess.run(
        ["bash", str(DOCKER / "entrypoint.sh")], env=bare, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "DB_PASSWORD and ADMIN_PASSWD" in done.stderr


def test_entrypoint_keeps_secrets_off_the_command_line(tmp_path):
    """Run it with a stand-in for Odoo, which prints the configuration that it was given."""
    etc = tmp_path / "entrypoint.sh"
    text = (DOCKER / "entrypoint.sh").read_text()
    etc.write_text(text.replace("/etc/odoo/odoo.conf", str(DOCKER / "odoo.conf")))
    fake = tmp_path / "odoo"
    fake.write_text('#!/bin/bash\necho "ARGS $*"\ncat "$2"\n')
    fake.chmod(0o755)
    (tmp_path / "secret").write_text("s3cret")
    environ = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "DB_HOST": "db",
        "DB_NAME": "field",
        "DB_PASSWORD_FILE": str(tmp_path / "secret"),
        "ADMIN_PASSWD": "m4ster",
        "WORKERS": "3",
    }
    done = subprocess.run(
        ["bash", str(etc), "odoo", "--log-level=warn"],
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    arguments, *conf = done.stdout.splitlines()
    assert "s3cret" not in arguments and "m4ster" not in arguments
    assert arguments.endswith("--log-level=warn")
    assert {"db_password = s3cret", "admin_passwd = m4ster", "workers = 3"} <= set(conf)
    assert "dbfilter = ^field$" in conf


def test_caddy_closes_the_database_manager():
    text = (DOCKER / "Caddyfile").read_text()
    assert "/web/database/*" in text and "reverse_proxy web:8072" in text
    assert text.count("{") == text.count("}")


def _install(tmp_path, source, **environ):
    """Run the image's steps from ``source`` with a PATH that has no npm but the given one."""
    bare = tmp_path / "bin"
    bare.mkdir()
    for name in "bash cat chmod cp dirname find mkdir mktemp rm python3".split():
        (bare / name).symlink_to(shutil.which(name))
    if npm := environ.pop("npm", None):
        (bare / "npm").write_text(npm)
        (bare / "npm").chmod(0o755)
    return subprocess.run(
        ["bash", str(source / "docker/install.sh"), str(tmp_path / "image")],
        env={"PATH": str(bare), "PYTHON": sys.executable, "SKIP_REQUIREMENTS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )


@pytest.fixture
def bare_checkout(tmp_path):
    """The files that `install.sh` reads, of a checkout in which no tool ran."""
    source = tmp_path / "source"
    (source / "addons/field_planning").mkdir(parents=True)
    shutil.copytree(DOCKER, source / "docker")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(DOCKER.parent / name, source)
    return source


LEAFLET = "image/opt/field/field_suite/addons/field_planning/static/lib/leaflet"


def test_image_without_leaflet_says_so(tmp_path, bare_checkout):
    done = _install(tmp_path, bare_checkout)
    assert "Leaflet is missing" in done.stderr
    assert not (tmp_path / LEAFLET).exists()


def test_image_fetches_leaflet_with_npm(tmp_path, bare_checkout):
    npm = (
        "#!/bin/bash\nset -e\n[ -e package-lock.json ]\nd=node_modules/leaflet\n"
        "mkdir -p $d/dist/images\nfor f in LICENSE dist/leaflet.js dist/leaflet.css; do "
        "echo x > $d/$f; done\n"
    )
    done = _install(tmp_path, bare_checkout, npm=npm)
    assert "Leaflet is missing" not in done.stderr
    assert (tmp_path / LEAFLET / "leaflet.js").read_text() == "x\n"


def test_image_takes_leaflet_from_the_checkout(tmp_path, bare_checkout):
    own = bare_checkout / "addons/field_planning/static/lib/leaflet"
    own.mkdir(parents=True)
    (own / "leaflet.js").write_text("own")
    done = _install(tmp_path, bare_checkout, npm="#!/bin/bash\nexit 1\n")
    assert "Leaflet is missing" not in done.stderr
    assert (tmp_path / LEAFLET / "leaflet.js").read_text() == "own"
