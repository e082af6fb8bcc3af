"""Towns that come, go, break and change while the others are served: nobody else notices."""

import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.platforms.telegram import TelegramStandIn
from tests.program import free_port, run
from tests.towns import Installation, Town

NEVER = {"mon": "00:00-00:01", "closed": [{"from": "2020-01-01", "to": "2099-12-31", "reason": "Trasloco"}]}
PATIENCE = 60.0


@pytest_asyncio.fixture(name="installation")
async def installation_fixture(tmp_path: Path) -> AsyncIterator[Installation]:
    """An installation that does not run yet; it is ended in the end."""
    installation = Installation(tmp_path)
    yield installation
    await installation.end()
    assert "Traceback" not in installation.errors.decode()


@contextlib.asynccontextmanager
async def undisturbed(town: Town) -> AsyncIterator[None]:
    """A stream of this town is open all the while, and what is written then arrives on it."""
    async with town.citizen() as maria:
        assert (await maria.start("Buongiorno")).status_code == 201
        async with maria.listening() as stream:
            await stream.next("message")
            yield
            assert (await maria.say("Ci siete ancora?")).status_code == 201
            assert (await stream.next("message", "status", "closed")).data.get("text") == "Ci siete ancora?"


async def answer_of(town: Town, path: str = "/api/status") -> httpx.Response:
    """What a citizen's page of this town is told."""
    async with town.browser() as browser:
        return await browser.get(path)


def broken(town: Town) -> str:
    """Make a town's file unusable; what is to be said of it."""
    text = town.config.read_text().replace('"mon": "00:00-24:00"', '"mon": "08:30-25:00"')
    town.config.write_text(text)
    line = next(n for n, words in enumerate(text.splitlines(), 1) if '"mon"' in words)
    return f"{town.config}:{line}: hours.mon: found “08:30-25:00”, expected "


async def test_a_broken_file_stops_its_own_office_only_and_mended_it_is_served(
    installation: Installation,
) -> None:
    alba, bosco = installation.add("alba"), installation.add("bosco")
    good = alba.config.read_text()
    words = broken(alba)
    lines = await installation.start()
    assert lines[-1].startswith("Serving 1 of 2 offices on ")
    assert lines[-1].endswith("; not served, see the log: alba")
    assert words in installation.errors.decode()
    report = await installation.ask("/readyz")
    assert report.status_code == 200
    assert report.json()["offices"]["alba"]["configuration"][0].startswith(words)
    numbers = (await installation.ask("/metrics")).text
    assert 'linea_office_ready{office="alba"} 0.0' in numbers
    assert 'linea_office_faults{office="alba"} 1.0' in numbers
    resting = await answer_of(alba)
    assert resting.status_code == 503  # so that an open page keeps what it has to send, and asks again
    assert resting.headers["Retry-After"] == "10"
    assert "bosco" not in resting.text
    async with undisturbed(bosco):
        alba.config.write_text(good)
        await installation.said("alba: desk")
        assert (await answer_of(alba)).json()["office"] == "URP di Alba"
    assert (await installation.ask("/readyz")).json()["offices"]["alba"]["configuration"] == "ok"


async def test_a_broken_edit_is_refused_and_the_office_goes_on(installation: Installation) -> None:
    alba, bosco = installation.add("alba"), installation.add("bosco")
    await installation.start()
    async with undisturbed(alba), undisturbed(bosco):
        words = broken(alba)
        said = await installation.logged("config.yaml was not taken over: the configuration before it stays")
        assert words in said
        assert "[alba]" in said
        assert (await answer_of(alba)).json()["open"] is True
        report = (await installation.ask("/readyz")).json()["offices"]["alba"]
        assert report["configuration"][0].startswith(words)
        assert report["storage"] == "ok"


async def test_a_reload_of_one_leaves_the_other_as_it_is(installation: Installation) -> None:
    alba, bosco = installation.add("alba"), installation.add("bosco")
    await installation.start()
    async with undisturbed(bosco), alba.citizen() as maria:
        await maria.start("Buongiorno")
        async with maria.listening() as stream:
            alba.rewrite(hours=NEVER)
            assert (await stream.next("status")).data["open"] is False
        assert (await answer_of(bosco)).json()["open"] is True


async def test_what_asks_for_a_new_start_starts_that_office_alone_anew(installation: Installation) -> None:
    async with TelegramStandIn() as telegram:
        alba, bosco = installation.add("alba", telegram=telegram), installation.add("bosco")
        given = (alba.folder / ".env").read_text()
        (alba.folder / ".env").write_text("")
        await installation.start()
        async with undisturbed(bosco), alba.citizen() as maria:
            await maria.start("Buongiorno")
            async with maria.listening() as stream:
                (alba.folder / ".env").write_text(given)
                assert "bridges on: telegram" in await installation.said("alba: desk")
                with pytest.raises((EOFError, httpx.HTTPError)):
                    while True:
                        await stream.next()
            assert (await maria.say("C'è qualcuno?")).status_code == 201
            await telegram.wait_for(telegram.topics, PATIENCE)
            async with maria.listening() as stream:
                assert (await stream.next("message")).data["text"] == "Buongiorno"


async def test_a_new_start_that_fails_leaves_what_was_there(installation: Installation) -> None:
    alba, bosco = installation.add("alba"), installation.add("bosco")
    await installation.start()
    async with undisturbed(bosco):
        alba.secrets(DATABASE_URL="postgresql://linea:geheim@127.0.0.1:9/linea")
        said = await installation.logged(
            "the database postgresql://linea:***@127.0.0.1:9/linea cannot be used"
        )
        await installation.said("alba: desk")
        assert (await answer_of(alba)).json()["open"] is True
        faults = (await installation.ask("/readyz")).json()["offices"]["alba"]["configuration"]
        assert "postgresql://linea:***@127.0.0.1:9" in faults[0]
    assert "geheim" not in said


async def test_an_office_may_move_to_another_address(installation: Installation) -> None:
    alba, bosco = installation.add("alba"), installation.add("bosco")
    await installation.start()
    async with undisturbed(bosco):
        server = json.loads(alba.config.read_text())["server"]
        alba.rewrite(server=server | {"public_url": "https://chat.alba.example"})
        await installation.said("alba: desk")
        assert (await answer_of(alba)).status_code == 421
        assert (await installation.ask("/chat", Host="chat.alba.example")).status_code == 200


async def test_of_two_offices_with_one_address_the_later_waits_until_it_is_free(
    installation: Installation,
) -> None:
    alba = installation.add("alba")
    bosco = installation.add("bosco", server={"public_url": f"http://{alba.host}"})
    await installation.start()
    line = next(n for n, text in enumerate(bosco.config.read_text().splitlines(), 1) if "public_url" in text)
    words = f"{bosco.config}:{line}: server.public_url: found http://{alba.host}, which the office “alba” has"
    assert words in installation.errors.decode()
    assert (await answer_of(alba)).json()["office"] == "URP di Alba"
    installation.remove(alba)
    await installation.said("bosco: desk")
    assert (await answer_of(alba)).json()["office"] == "URP di Bosco"


async def test_an_edit_that_takes_another_offices_address_is_refused(installation: Installation) -> None:
    alba, bosco = installation.add("alba"), installation.add("bosco")
    await installation.start()
    async with undisturbed(alba), undisturbed(bosco):
        server = json.loads(bosco.config.read_text())["server"]
        bosco.rewrite(server=server | {"public_url": f"http://{alba.host}"})
        await installation.logged("which the office “alba” has already, expected an address of its own")
        await installation.logged("config.yaml was not taken over")


async def test_offices_come_and_go_while_others_are_served(installation: Installation) -> None:
    alba = installation.add("alba")
    await installation.start()
    async with undisturbed(alba):
        bosco = installation.add("bosco")
        await installation.said("bosco: desk")
        async with bosco.citizen() as piero:
            assert (await piero.start("Buonasera")).status_code == 201
            async with piero.listening() as stream:
                await stream.next("message")
                (bosco.folder / "config.yaml").rename(bosco.folder / "config.yaml.off")
                await installation.logged("[bosco] the office is not served any more")
                with pytest.raises((EOFError, httpx.HTTPError)):
                    while True:
                        await stream.next()
            assert (await answer_of(bosco)).status_code == 421
            (bosco.folder / "config.yaml.off").rename(bosco.folder / "config.yaml")
            await installation.said("bosco: desk")
            assert "Buonasera" in (await piero.call("GET", "/transcript?format=text")).text


async def test_an_office_on_a_port_of_its_own_is_served_there_too(installation: Installation) -> None:
    alba, port = installation.add("alba"), free_port()
    bosco = installation.add("bosco", server={"port": port})
    lines = await installation.start()
    assert f":{installation.port} and http://127.0.0.1:{port}" in lines[-1]
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
        assert (await http.get("/api/status", headers={"Host": bosco.host})).json()[
            "office"
        ] == "URP di Bosco"
    assert (await answer_of(alba)).status_code == 200


# The other commands ------------------------------------------------------------------------------


async def test_a_folder_without_offices_is_told_and_a_single_offices_folder_too(tmp_path: Path) -> None:
    ran = await run("serve", "--config", str(tmp_path))
    assert (ran.status, ran.out) == (1, "")
    assert ran.errors.startswith(f"linea: {tmp_path} holds no office: expected a folder for each")
    (tmp_path / "config.yaml").write_text("office: {name: URP}\n")
    ran = await run("serve", "--config", str(tmp_path))
    assert f"expected --config {tmp_path}/config.yaml" in ran.errors


async def test_check_looks_at_every_office_and_between_them(installation: Installation) -> None:
    alba, bosco = installation.add("alba"), installation.add("bosco")
    ran = await installation.run("check")
    assert (ran.status, ran.errors) == (0, "")
    assert f"{alba.config}: all is well" in ran.out
    assert "2 of 2 offices are well" in ran.out
    corso = installation.add("corso", server={"public_url": f"http://{bosco.host}"})
    words = broken(alba)
    ran = await installation.run("check")
    assert ran.status == 1
    assert words in ran.errors
    assert f"{corso.config}:" in ran.errors
    assert f"found http://{bosco.host}, which the office “bosco” has already" in ran.errors
    assert "1 of 3 offices are well" in ran.out


@pytest.mark.parametrize("words", [("hours",), ("export",), ("route",), ("backup", "copia.tar")])
async def test_a_command_for_one_office_says_which_there_are(
    installation: Installation, words: tuple[str, ...]
) -> None:
    alba, bosco = installation.add("alba"), installation.add("bosco")
    ran = await installation.run(*words)
    assert (ran.status, ran.out) == (2, "")
    assert f"linea: {words[0]} is for one office at a time, one of:" in ran.errors
    assert f"  --config {alba.config}\n  --config {bosco.config}\n" in ran.errors
