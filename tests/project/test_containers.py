"""The container files say what the product needs. No engine runs here, so they are read, not started."""

import os
import re
import subprocess
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
import yaml

from nhc.embedded.binaries import find_client
from tests.conftest import Database

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
CONFIGURATIONS: dict[str, dict[str, str]] = yaml.safe_load(COMPOSE)["configs"]
SERVICES: dict[str, dict[str, object]] = yaml.safe_load(COMPOSE)["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
APPLICATION = ("web", "worker", "beat")


def test_the_product_is_these_services() -> None:
    assert set(SERVICES) == {"postgres", "redis", "migrate", "web", "worker", "beat"}


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"migrate"}))
def test_every_lasting_service_has_a_healthcheck(name: str) -> None:
    assert SERVICES[name]["healthcheck"]
    assert SERVICES[name]["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", APPLICATION)
def test_only_the_migration_knows_the_owner_of_the_tables(name: str) -> None:
    assert "OWNER" not in str(SERVICES[name])
    assert "nhc_owner" in str(SERVICES["migrate"])


@pytest.mark.parametrize("name", APPLICATION)
def test_nothing_serves_before_the_database_is_migrated(name: str) -> None:
    assert "service_completed_successfully" in str(SERVICES[name]["depends_on"])


def test_every_secret_comes_from_the_environment_and_says_so_when_absent() -> None:
    secrets = re.findall(r"\$\{([A-Z_]*(?:PASSWORD|KEY|PEPPER)[A-Z_]*)(:\?[^}]+)?\}", COMPOSE)
    assert {name for name, _ in secrets} >= {"POSTGRES_PASSWORD", "SECRET_KEY", "NHC_BODY_KEY", "NHC_AUDIT_KEY"}
    assert [name for name, complaint in secrets if not complaint.startswith(f":?Set {name}")] == []


def test_the_web_service_is_reached_from_this_machine_alone() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"web": ["127.0.0.1:${PORT:-8000}:8000"]}


def test_the_script_that_makes_the_roles_works(committed: Database) -> None:
    """Run it as the image would, against a server of our own, with a name that is free there."""
    script = CONFIGURATIONS["roles"]["content"].replace("$$", "$")
    for name in ("nhc_owner", "nhc_app", "DATABASE nhc", "connect nhc"):
        assert name in script
        script = re.sub(rf"\b{name}\b", f"{name}_container", script)
    address = urlsplit(committed.owner_url)
    environment = {
        "PATH": f"{Path(find_client('psql', version=15)).parent}{os.pathsep}{os.environ['PATH']}",
        "PGHOST": str(address.hostname),
        "PGPORT": str(address.port),
        "PGPASSWORD": str(address.password),
        "POSTGRES_USER": str(address.username),
        "NHC_OWNER_PASSWORD": "it's the owner",
        "NHC_APP_PASSWORD": "application",
    }
    with psycopg.connect(committed.owner_url, autocommit=True) as server:
        try:
            subprocess.run(["/bin/sh", "-e", "-c", script], env=environment, check=True, capture_output=True)
            made = address._replace(netloc=f"nhc_owner_container:it's%20the%20owner@{address.hostname}:{address.port}")
            with psycopg.connect(urlunsplit(made._replace(path="/nhc_container"))) as owner:
                powers = owner.execute("SELECT rolsuper, rolcreatedb FROM pg_roles WHERE rolname = current_user")
                assert powers.fetchone() == (False, True)
        finally:
            server.execute("DROP DATABASE IF EXISTS nhc_container")
            server.execute("DROP ROLE IF EXISTS nhc_owner_container, nhc_app_container")


def test_the_image_installs_from_the_lock_and_runs_as_nobody_in_particular() -> None:
    assert "--require-hashes -r /src/base.txt" in DOCKERFILE
    assert "npm ci" in DOCKERFILE
    assert re.findall(r"^USER (.+)$", DOCKERFILE, re.MULTILINE) == ["nhc"]
    copied = {
        word for line in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE) for word in line.split()
    }
    assert [path for path in copied if not (ROOT / path).exists()] == []
