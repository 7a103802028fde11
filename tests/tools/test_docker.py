"""What can be said of the container files without a Docker engine."""

import os
import re
import subprocess
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
