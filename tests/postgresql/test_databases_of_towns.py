"""Towns of one installation on one PostgreSQL server: each has a database of its own, however its address is put."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.postgres import PostgreSQL, postgresql
from tests.towns import Installation

PATIENCE = 60.0


@pytest.fixture(scope="module", name="server")
def server_fixture() -> Iterator[PostgreSQL]:
    """A server for this module."""
    with postgresql() as server:
        yield server


@pytest_asyncio.fixture(name="installation")
async def installation_fixture(tmp_path: Path) -> AsyncIterator[Installation]:
    """An installation that does not run yet; it is ended in the end."""
    installation = Installation(tmp_path)
    yield installation
    await installation.end()
    assert "Traceback" not in installation.errors.decode()


async def test_two_towns_on_one_server_each_in_its_own_database(
    server: PostgreSQL, installation: Installation
) -> None:
    alba, bosco = installation.add("alba"), installation.add("bosco")
    for town in (alba, bosco):
        town.secrets(DATABASE_URL=server.database_for(town.folder))
    lines = await installation.start()
    assert lines[-1].startswith("Serving 2 of 2 offices")
    async with alba.citizen() as maria, bosco.citizen() as crossing:
        assert (await maria.start("Buongiorno")).status_code == 201
        crossing.id, crossing.token = maria.id, maria.token
        assert (await crossing.call("GET", "/transcript")).status_code == 404
        assert "Buongiorno" in (await maria.call("GET", "/transcript?format=text")).text


@pytest.mark.parametrize("other_name", [False, True])
async def test_one_database_is_never_two_towns(
    server: PostgreSQL, installation: Installation, other_name: bool
) -> None:
    alba, bosco = installation.add("alba"), installation.add("bosco")
    url = server.database_for(alba.folder)
    alba.secrets(DATABASE_URL=url)
    same = url.replace("127.0.0.1", "localhost") + "?application_name=bosco" if other_name else url
    bosco.secrets(DATABASE_URL=same)
    lines = await installation.start()
    assert lines[-1].startswith("Serving 1 of 2 offices")
    words = "/.env:1: DATABASE_URL: found a database, which the office “"
    assert words in installation.errors.decode()
    assert "expected a database of its own" in installation.errors.decode()


async def test_a_town_whose_database_is_away_is_served_once_it_is_back(
    server: PostgreSQL, installation: Installation
) -> None:
    alba, bosco = installation.add("alba"), installation.add("bosco")
    alba.secrets(DATABASE_URL=server.database_for(alba.folder))
    server.stop()
    try:
        lines = await installation.start()
        assert lines[-1].endswith("; not served, see the log: alba")
        async with bosco.citizen() as piero, alba.citizen() as maria:
            assert (await piero.start("Buonasera")).status_code == 201
            assert (await maria.start("Buongiorno")).status_code == 503
        assert (await installation.ask("/readyz")).status_code == 200
    finally:
        server.start()
    await installation.said("alba: desk")
    async with alba.citizen() as maria:
        assert (await maria.start("Buongiorno")).status_code == 201


async def test_two_hubs_serve_the_same_towns(server: PostgreSQL, tmp_path: Path) -> None:
    hubs = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        hubs.append(Installation(tmp_path / name))
    towns = {}
    for name in ("alba", "bosco"):
        url = server.database_for(tmp_path / name)
        for hub in hubs:
            town = hub.add(name, server={"public_url": f"https://{name}.example"})
            town.secrets(DATABASE_URL=url, SECRET_KEY=f"the key of {name}, on both")
            towns[hub, name] = town
    try:
        for hub in hubs:
            assert (await hub.start())[-1].startswith("Serving 2 of 2 offices")
        async with towns[hubs[0], "alba"].citizen() as maria, towns[hubs[1], "alba"].citizen() as at_other:
            for one in (maria, at_other):
                one.http.headers["Host"] = "alba.example"
            assert (await maria.start("Buongiorno")).status_code == 201
            at_other.id, at_other.token = maria.id, maria.token
            async with at_other.listening() as stream:
                assert (await stream.next("message")).data["text"] == "Buongiorno"
                assert (await maria.say("Ci siete?")).status_code == 201
                assert (await stream.next("message")).data["text"] == "Ci siete?"
            at_other.http.headers["Host"] = "bosco.example"
            assert (await at_other.call("GET", "/transcript")).status_code == 404
    finally:
        for hub in hubs:
            await hub.end()
            assert "Traceback" not in hub.errors.decode()
