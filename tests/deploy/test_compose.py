"""The compose files name nothing that is not there, and keep the program as narrow as it can live."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from sqlalchemy.engine import make_url

from tests.program import ROOT

FILES = ("compose.yaml", "compose.region.yaml")
DOCS = (ROOT / "docs" / "operations.md").read_text()
OF_THE_ADMINISTRATOR = "./office"
"""The one folder that is not in the repository; the documents say how it is made."""


def services(name: str) -> dict[str, Any]:
    """The services of a compose file."""
    whole: dict[str, Any] = YAML(typ="safe").load((ROOT / name).read_text())
    assert set(whole) <= {"services", "volumes"}
    found: dict[str, Any] = whole["services"]
    return found


@pytest.mark.parametrize("name", FILES)
def test_every_folder_and_volume_that_is_mounted_is_there(name: str) -> None:
    declared = YAML(typ="safe").load((ROOT / name).read_text()).get("volumes", {})
    assert f"mkdir {OF_THE_ADMINISTRATOR[2:]}" in DOCS
    for service in services(name).values():
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            if source.startswith("."):
                assert source == OF_THE_ADMINISTRATOR or (ROOT / source).exists(), source
            else:
                assert source in declared
        if "build" in service:
            assert (ROOT / service["build"] / "Dockerfile").exists()


@pytest.mark.parametrize("name", FILES)
def test_every_variable_is_required_and_documented(name: str) -> None:
    text = "\n".join(
        line for line in (ROOT / name).read_text().splitlines() if not line.strip().startswith("#")
    )
    for variable in re.findall(r"\$\{?(\w+)", text):
        assert f"${{{variable}:?" in text
        assert re.search(rf"^{variable}=", DOCS, re.MULTILINE), variable


@pytest.mark.parametrize("name", FILES)
def test_the_program_can_write_nothing_but_its_data(name: str) -> None:
    linea = services(name)["linea"]
    assert linea["read_only"] is True
    assert linea["tmpfs"] == ["/tmp"]  # noqa: S108
    assert linea["cap_drop"] == ["ALL"]
    assert linea["security_opt"] == ["no-new-privileges:true"]
    assert [mount.split(":")[1] for mount in linea["volumes"]] == ["/data"]
    # Whom it believes about a citizen's address, nobody else may reach.
    assert linea["environment"]["FORWARDED_ALLOW_IPS"] == "*"
    assert all(port.startswith("127.0.0.1:") for port in linea.get("ports", []))


def test_the_services_of_the_region_find_each_other() -> None:
    region = services("compose.region.yaml")
    database = make_url(re.sub(r"\$\{.*?\}", "secret", region["linea"]["environment"]["DATABASE_URL"]))
    assert database.get_backend_name() == "postgresql"
    assert database.host == "postgresql"
    assert database.username == region["postgresql"]["environment"]["POSTGRES_USER"]
    hubs = [hub.split(":") for hub in region["caddy"]["environment"]["LINEA_HUB"].split()]
    assert {host for host, _ in hubs} == {"linea", "linea-2"} <= set(region)
    for _, port in hubs:
        assert f"EXPOSE {port}\n" in (ROOT / "Dockerfile").read_text()
    assert region["linea"] == region["linea-2"]
    redis = make_url(region["linea"]["environment"]["REDIS_URL"])
    assert redis.host in region
    caddyfile = (ROOT / "deploy" / "Caddyfile").read_text()
    assert set(re.findall(r"\{\$(\w+)", caddyfile)) == set(region["caddy"]["environment"])
    for service in region.values():
        needed = service.get("depends_on", {})
        assert set(needed) <= set(region)
        for other, how in needed.items() if isinstance(needed, dict) else ():
            assert how == {"condition": "service_healthy"}
            assert "healthcheck" in region[other]


def has_compose() -> bool:
    """Whether Docker is here with its compose plugin."""
    docker = shutil.which("docker")
    asked = [docker or "false", "compose", "version"]
    return subprocess.run(asked, check=False, capture_output=True).returncode == 0


@pytest.mark.skipif(not has_compose(), reason="docker compose is not here")
@pytest.mark.parametrize("name", FILES)
def test_docker_itself_understands_it(name: str, tmp_path: Path) -> None:
    env = tmp_path / "env"
    env.write_text("LINEA_HOST=chat.comune.example\nPOSTGRES_PASSWORD=abc\n")
    words = ["docker", "compose", "--env-file", str(env), "-f", str(ROOT / name), "config", "--quiet"]
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
