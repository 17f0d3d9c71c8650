"""The container files say what the product needs. No engine runs here, so they are read, not started."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
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
    assert {name for name, _ in secrets} >= {"POSTGRES_PASSWORD", "SECRET_KEY", "NHC_BODY_KEY"}
    assert [name for name, complaint in secrets if not complaint.startswith(f":?Set {name}")] == []


def test_the_web_service_is_reached_from_this_machine_alone() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"web": ["127.0.0.1:${PORT:-8000}:8000"]}


def test_mounted_files_exist_and_the_roles_are_made() -> None:
    mounted = re.findall(r"^ +- \./([^:]+):", COMPOSE, re.MULTILINE)
    assert mounted == ["containers/roles.sh"]
    roles = (ROOT / mounted[0]).read_text(encoding="utf-8")
    assert "CREATE ROLE nhc_owner LOGIN CREATEDB" in roles
    assert "CREATE ROLE nhc_app LOGIN PASSWORD" in roles


def test_the_image_installs_from_the_lock_and_runs_as_nobody_in_particular() -> None:
    assert "--require-hashes -r /src/base.txt" in DOCKERFILE
    assert "npm ci" in DOCKERFILE
    assert re.findall(r"^USER (.+)$", DOCKERFILE, re.MULTILINE) == ["nhc"]
    copied = {
        word for line in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE) for word in line.split()
    }
    assert [path for path in copied if not (ROOT / path).exists()] == []
