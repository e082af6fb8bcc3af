"""Several towns in one installation: whatever is one town's is, in another, as if it had never been."""

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.citizen import Citizen
from tests.office import PDF
from tests.platforms.slack import SlackStandIn
from tests.platforms.telegram import TelegramStandIn
from tests.towns import Installation, Town

PATIENCE = 60.0
NOBODY = "AAAAAAAAAAAAAAAA"
"""A conversation's id that nobody has."""


@dataclass
class Two:
    """Two towns that run, each on a Slack and a Telegram of its own."""

    installation: Installation
    alba: Town
    bosco: Town
    slacks: dict[str, SlackStandIn]
    telegrams: dict[str, TelegramStandIn]


@pytest_asyncio.fixture(name="two")
async def two_fixture(tmp_path: Path) -> AsyncIterator[Two]:
    """Alba and Bosco. What their platforms call things is alike: the same channel, the same group, the same people."""
    async with (
        SlackStandIn() as slack_a,
        SlackStandIn() as slack_b,
        TelegramStandIn() as telegram_a,
        TelegramStandIn() as telegram_b,
    ):
        installation = Installation(tmp_path)
        alba = installation.add("alba", slack_a, telegram_a)
        bosco = installation.add("bosco", slack_b, telegram_b)
        assert (slack_a.channel, telegram_a.chat) == (slack_b.channel, telegram_b.chat)
        await installation.start()
        yield Two(
            installation,
            alba,
            bosco,
            {"alba": slack_a, "bosco": slack_b},
            {"alba": telegram_a, "bosco": telegram_b},
        )
        await installation.end()
        assert "Traceback" not in installation.errors.decode()


@pytest_asyncio.fixture(name="plain")
async def plain_fixture(tmp_path: Path) -> AsyncIterator[Installation]:
    """An installation that does not run yet, of towns with no platform; it is ended in the end."""
    installation = Installation(tmp_path)
    yield installation
    await installation.end()
    assert "Traceback" not in installation.errors.decode()


def seen(answer: httpx.Response, *hidden: str) -> tuple[int, str, dict[str, str]]:
    """All that an answer says, but for the date and for what was asked."""
    text = answer.text
    for word in hidden:
        text = text.replace(word, "…")
    headers = {key: value for key, value in answer.headers.items() if key not in ("date", "content-length")}
    return answer.status_code, text, headers


# A citizen's things ------------------------------------------------------------------------------

CALLS = (
    ("POST", "/messages", {"json": {"client_id": "a" * 16, "text": "Sono io"}}),
    ("POST", "/files", {"data": {"client_id": "f" * 16}, "files": {"file": ("modulo.pdf", PDF)}}),
    ("GET", "/events", {}),
    ("GET", "/transcript", {}),
    ("GET", "/files/2", {}),
    ("POST", "/typing", {}),
    ("POST", "/rating", {"json": {"score": 5}}),
    ("POST", "/close", {}),
    ("DELETE", "", {}),
)


async def test_a_conversation_is_in_another_town_as_one_that_never_was(two: Two) -> None:
    async with two.alba.citizen() as maria, two.bosco.citizen() as crossing, two.bosco.citizen() as lost:
        assert (await maria.start("Buongiorno", name="Maria Rossi")).status_code == 201
        crossing.id, crossing.token = maria.id, maria.token
        lost.id, lost.token = NOBODY, maria.token
        for method, path, more in CALLS:
            tried, unknown = await crossing.call(method, path, **more), await lost.call(method, path, **more)
            assert seen(tried) == seen(unknown), path
            assert tried.status_code == 404, path
        assert "Buongiorno" in (await maria.call("GET", "/transcript?format=text")).text


async def test_a_token_opens_no_conversation_of_another_town(two: Two) -> None:
    async with two.alba.citizen() as maria, two.bosco.citizen() as piero, two.bosco.citizen() as guessing:
        await maria.start("Buongiorno")
        await piero.start("Buonasera")
        right = piero.token
        for method, path, more in CALLS:
            piero.token, guessing.id, guessing.token = maria.token, piero.id, "0" * 64
            tried, guessed = await piero.call(method, path, **more), await guessing.call(method, path, **more)
            assert seen(tried) == seen(guessed), path
            assert tried.status_code == 401, path
        piero.token = right
        assert (await piero.say("Ci siete?")).status_code == 201


async def test_the_same_browser_begins_a_conversation_in_each_town(two: Two) -> None:
    client_id = str(uuid.uuid4())
    async with two.alba.citizen() as here, two.bosco.citizen() as there:
        assert (await here.start("Buongiorno", client_id=client_id)).status_code == 201
        assert (await there.start("Buongiorno", client_id=client_id)).status_code == 201
        assert here.id != there.id
        assert here.token != there.token


async def test_a_callbacks_reference_means_nothing_in_another_town(two: Two) -> None:
    body = {
        "client_id": str(uuid.uuid4()), "name": "Maria Rossi", "phone": "055 0123456", "text": "Richiamatemi",
        "consent": True,
    }  # fmt: skip
    async with two.alba.browser() as here, two.bosco.browser() as there:
        left = await here.post("/api/callbacks", json=body)
        assert left.status_code == 201, left.text
        reference = left.json()["reference"]
        assert (await here.get(f"/api/callbacks/{reference}")).status_code == 200
        tried, unknown = (
            await there.get(f"/api/callbacks/{reference}"),
            await there.get("/api/callbacks/ZZ-0000"),
        )
        assert seen(tried, reference) == seen(unknown, "ZZ-0000")
        assert tried.status_code == 404


# The desk ----------------------------------------------------------------------------------------


async def test_a_desks_link_and_session_open_no_other_desk(two: Two) -> None:
    async with two.bosco.browser() as intruder:
        tried, invented = (
            await intruder.get(two.alba.desk_link),
            await intruder.get("/desk/login?key=invented"),
        )
        assert seen(tried) == seen(invented)
        assert tried.status_code == 403
    async with two.alba.browser() as anna:
        assert (await anna.get(two.alba.desk_link, follow_redirects=True)).status_code == 200
        session = f"desk={anna.cookies['desk']}"
        assert (await anna.get("/desk")).status_code == 200
    async with two.bosco.browser(Cookie=session) as intruder, two.bosco.browser() as stranger:
        for path in ("/desk", "/desk/events", f"/desk/{NOBODY}", "/desk/callbacks.csv", "/desk/login"):
            tried, unknown = await intruder.get(path), await stranger.get(path)
            assert tried.status_code == unknown.status_code, path
            assert tried.text == unknown.text, path
            assert tried.status_code in (401, 403), path
        posted = await intruder.post("/desk/office", data={"command": "offline"})
        assert posted.status_code == 401
    async with two.bosco.browser() as of_bosco:
        assert (await of_bosco.get(two.bosco.desk_link, follow_redirects=True)).status_code == 200


# The platforms -----------------------------------------------------------------------------------


async def asked(town: Town, two: Two, text: str) -> Citizen:
    """A citizen who has asked something that both platforms show."""
    citizen = town.citizen()
    assert (await citizen.start(text, name="Maria Rossi")).status_code == 201
    await two.slacks[town.name].wait_for(two.slacks[town.name].messages, PATIENCE)
    telegram = two.telegrams[town.name]
    await telegram.wait_for(lambda: telegram.topics() and telegram.thread(telegram.topics()[0].id), PATIENCE)
    return citizen


async def test_what_operators_write_reaches_the_citizens_of_their_own_town_alone(two: Two) -> None:
    """Both towns' threads have the same names on their platforms: topic 1 here is not topic 1 there."""
    of_alba, of_bosco = await asked(two.alba, two, "Domanda di Alba"), await asked(two.bosco, two, "Di Bosco")
    async with of_alba, of_bosco, of_alba.listening() as at_alba, of_bosco.listening() as at_bosco:
        for name in ("alba", "bosco"):
            slack, telegram = two.slacks[name], two.telegrams[name]
            assert len(slack.messages()) == len(telegram.topics()) == 1
            root = slack.messages()[0]
            await slack.operator_says("anna", f"Da Slack, {name}", thread_ts=root.ts)
            await telegram.operator_says("marco", f"Da Telegram, {name}", thread=telegram.topics()[0].id)
        for stream, name in ((at_alba, "alba"), (at_bosco, "bosco")):
            said: set[str] = set()
            while len(said) < 2:
                event = await stream.next("message")
                said |= {event.data["text"]} if event.data["author"] == "operator" else set()
            assert said == {f"Da Slack, {name}", f"Da Telegram, {name}"}
    for town, other in (("alba", "bosco"), ("bosco", "alba")):
        shown = [message.text for message in two.slacks[town].thread(two.slacks[town].messages()[0].ts)]
        topic = two.telegrams[town].topics()[0]
        shown += [message.text for message in two.telegrams[town].thread(topic.id)]
        assert not [text for text in shown if other in text.lower()]


async def test_operators_close_the_line_of_their_own_town_alone(two: Two) -> None:
    of_alba, of_bosco = await asked(two.alba, two, "Domanda di Alba"), await asked(two.bosco, two, "Di Bosco")
    async with of_alba, of_bosco, of_alba.listening() as at_alba:
        await two.telegrams["alba"].operator_says("anna", "/offline", thread=None)
        assert (await at_alba.next("status")).data["open"] is False
        assert (await of_bosco.http.get("/api/status")).json()["open"] is True


async def test_one_towns_platforms_are_down_and_the_other_does_not_notice(two: Two) -> None:
    await two.slacks["alba"].stop()
    await two.telegrams["alba"].stop()
    await two.installation.logged("[alba] slack: ")
    await two.installation.logged("[alba] telegram: ")
    async with await asked(two.bosco, two, "Buongiorno") as piero, piero.listening() as stream:
        root = two.slacks["bosco"].messages()[0]
        await two.slacks["bosco"].operator_says("anna", "Eccomi", thread_ts=root.ts)
        while (await stream.next("message")).data["text"] != "Eccomi":
            pass
    report = (await two.installation.ask("/readyz")).json()["offices"]
    assert not report["alba"]["bridges"]["telegram"]["connected"]
    assert report["bosco"]["bridges"]["telegram"]["connected"]
    assert "[bosco] slack: connected" in two.installation.errors.decode()
    assert not [
        line for line in two.installation.errors.decode().splitlines() if "WARN" in line and "[bosco]" in line
    ]


# Who asks for what -------------------------------------------------------------------------------


async def test_a_host_that_is_no_towns_hears_that_and_no_names(two: Two) -> None:
    for host in ("altrove.example", "", "alba.example", "alba.example:1", "127.0.0.1", "xalba.example"):
        for path in ("/", "/chat", "/desk", "/api/status", "/api/openapi.json", "/static/widget.js"):
            answer = await two.installation.ask(path, Host=host)
            assert answer.status_code == 421, (host, path)
            assert "No office is served under this host" in answer.text
            assert not [
                word for word in ("alba", "bosco", "URP") if word in answer.text.replace(host or "-", "")
            ]
    answer = await two.installation.ask("/api/status", Host="altrove.example")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == 421


async def test_a_town_is_found_however_its_host_is_written(two: Two) -> None:
    for host in (two.alba.host.upper(), f"Alba.Example.:{two.installation.port}"):
        assert "URP di Alba" in (await two.installation.ask("/api/status", Host=host)).text


async def test_the_installation_says_how_each_office_is_to_whoever_runs_it(two: Two) -> None:
    assert (await two.installation.ask("/healthz")).text == "ok\n"
    report = await two.installation.ask("/readyz")
    assert report.status_code == 200
    assert {name: one["storage"] for name, one in report.json()["offices"].items()} == {
        "alba": "ok",
        "bosco": "ok",
    }
    numbers = (await two.installation.ask("/metrics")).text
    for name in ("alba", "bosco"):
        assert f'linea_office_ready{{office="{name}"}} 1.0' in numbers
        assert f'linea_bridge_connected{{bridge="telegram",office="{name}"}} ' in numbers
        assert f'linea_deliveries{{bridge="slack",office="{name}",state="queued"}} 0.0' in numbers
    assert (
        len([line for line in numbers.splitlines() if not line.startswith("#") and "office=" not in line])
        == 0
    )


async def test_neither_from_outside_nor_at_a_towns_own_address_anything_is_said_of_others(two: Two) -> None:
    for path in ("/readyz", "/metrics"):
        own = await two.installation.ask(path, Host=two.alba.host)
        assert own.status_code == 200
        assert "bosco" not in own.text
        for header in ("X-Forwarded-For", "Forwarded", "Via"):
            outside = await two.installation.ask(path, **{header: "192.0.2.7"})
            assert outside.status_code == 421
            assert "alba" not in outside.text


# Secrets -----------------------------------------------------------------------------------------


async def test_secrets_of_the_environment_are_for_no_town(plain: Installation) -> None:
    alba = plain.add("alba", bridges={"telegram": {"chat": -100123, "api_url": "http://127.0.0.1:9"}})
    plain.environment |= {"TELEGRAM_BOT_TOKEN": "12345:in-the-environment", "SECRET_KEY": "k" * 40}
    lines = await plain.start()
    assert "bridges on: none; " in lines[0]
    assert "TELEGRAM_BOT_TOKEN" in lines[0]
    assert "TELEGRAM_BOT_TOKEN in the environment is for no office" in plain.errors.decode()
    assert (alba.folder / "data" / "secret_key").exists()  # not the environment's


@pytest.mark.parametrize("how", ["SECRET_KEY", "a copied folder"])
async def test_two_towns_never_sign_with_one_key(plain: Installation, how: str) -> None:
    alba = plain.add("alba")
    bosco = plain.add("bosco")
    if how == "SECRET_KEY":
        for town in (alba, bosco):
            town.secrets(SECRET_KEY="the same in both")
        where = f"{bosco.folder}/.env:1: SECRET_KEY: found a key, which the office “alba” has already"
    else:
        for town in (alba, bosco):
            (town.folder / "data").mkdir(mode=0o700)
            (town.folder / "data" / "secret_key").write_text("copied with the folder")
        where = f"{bosco.folder}/data/secret_key:1: the key: found a key, which the office “alba” has already"
    lines = await plain.start()
    assert lines[-1].endswith("; not served, see the log: bosco")
    assert where in plain.errors.decode()
    assert "copied with" not in plain.errors.decode()
    assert "the same in both" not in plain.errors.decode()


async def test_two_towns_never_listen_to_one_bot(tmp_path: Path, plain: Installation) -> None:
    async with TelegramStandIn() as telegram, SlackStandIn() as slack:
        plain.add("alba", slack, telegram)
        bosco = plain.add("bosco", slack, telegram)
        await plain.start()
        words = plain.errors.decode()
        for key in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "TELEGRAM_BOT_TOKEN"):
            assert f"{key}: found a token, which the office “alba” has already" in words
        assert f"{bosco.config}:" in words
        assert f"bridges.slack.channel: found {slack.channel}, which the office “alba” has already" in words
        assert f"bridges.telegram.chat: found {telegram.chat}, which the office “alba” has already" in words
        assert telegram.token not in words
