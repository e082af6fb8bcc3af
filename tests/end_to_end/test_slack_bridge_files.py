"""Files, names, and the look at the set-up, with a stand-in of Slack over real sockets."""

from pathlib import Path

import pytest

from bridges.slack.setup import check
from models.tables import What
from tests.citizen import Citizen
from tests.hub import RunningHub, hub_at
from tests.office import PDF, entries, send_file, texts, until
from tests.platforms.slack import Hang, HttpError, LostReply, Refused, SlackStandIn
from tests.slack_office import (  # noqa: F401 - used by name
    asks,
    citizen_fixture,
    office_fixture,
    replies,
    slack_fixture,
)

# Names -------------------------------------------------------------------------------------------


async def test_a_name_is_asked_for_once(slack: SlackStandIn, office: RunningHub, citizen: Citizen) -> None:
    root = await asks(citizen, slack)
    for text in ("uno", "due", "tre"):
        await slack.operator_says("marco", text, thread_ts=root.ts)
    found = await until(office, citizen, lambda found: len(texts(found)) == 4)
    assert {record.name for record in found if record.author == "operator"} == {"Marco Rossi"}
    assert [c.method for c in slack.calls].count("users.info") == 1


async def test_a_name_that_slack_does_not_give_holds_nothing_up(
    slack: SlackStandIn, office: RunningHub, citizen: Citizen
) -> None:
    root = await asks(citizen, slack)
    slack.faults.add("users.info", Hang(), times=None)
    await slack.operator_says("marco", "Eccomi", thread_ts=root.ts)
    found = await until(office, citizen, lambda found: len(texts(found)) == 2)
    assert found[-1].name == "URP – Comune di Prova"


# Files -------------------------------------------------------------------------------------------


async def test_an_operators_file_reaches_the_citizen(
    slack: SlackStandIn, office: RunningHub, citizen: Citizen
) -> None:
    root = await asks(citizen, slack)
    ts = await slack.operator_says(
        "anna", "Ecco i moduli", thread_ts=root.ts, files=[("modulo.pdf", PDF), ("note.txt", b"ciao")]
    )
    found = await until(office, citizen, lambda found: len(texts(found, What.FILE)) == 2)
    first, second = [record for record in found if record.kind == What.FILE]
    assert (first.data["name"], first.text) == ("modulo.pdf", "Ecco i moduli")
    assert await office.hub.read_file(first.data["key"]) == PDF
    assert (second.data["name"], second.text) == ("note.txt", "")
    slack.socket_mode.redeliver(acked=True)
    await slack.operator_deletes(ts)
    await until(office, citizen, lambda found: len(texts(found, What.DELETED)) == 2)
    assert len(await entries(office, citizen, What.FILE)) == 2


async def test_a_file_that_cannot_be_fetched_is_told_and_its_text_still_goes(tmp_path: Path) -> None:
    scopes = frozenset({"chat:write", "users:read", "channels:history"})
    async with (
        SlackStandIn(scopes=scopes) as slack,
        hub_at(tmp_path, slack=slack) as office,
        Citizen(office.url) as citizen,
    ):
        root = await asks(citizen, slack)
        await slack.operator_says("anna", "Ecco", thread_ts=root.ts, files=[("modulo.pdf", PDF)])
        found = await until(office, citizen, lambda found: "Ecco" in texts(found))
        assert not texts(found, What.FILE)
        await slack.wait_for(lambda: any("modulo.pdf: ✗" in reply.text for reply in replies(slack, root)))


async def test_the_token_is_shown_to_slack_alone(
    slack: SlackStandIn, office: RunningHub, citizen: Citizen
) -> None:
    root = await asks(citizen, slack)
    file = {
        "id": "F1", "name": "a.pdf", "mimetype": "application/pdf",
        "url_private_download": "https://files.slack.com.male.example/a.pdf",
    }  # fmt: skip
    event = {
        "type": "message", "subtype": "file_share", "channel": slack.channel, "user": "U0LD000001",
        "ts": "1900000000.000100", "thread_ts": root.ts, "text": "ecco", "files": [file],
    }  # fmt: skip
    slack.emit(event, slack.workspace.channels[slack.channel])
    found = await until(office, citizen, lambda found: "ecco" in texts(found))
    assert not texts(found, What.FILE)


async def test_a_file_that_lies_elsewhere_is_sent_as_its_address(
    slack: SlackStandIn, office: RunningHub, citizen: Citizen
) -> None:
    root = await asks(citizen, slack)
    file = {"id": "F1", "name": "orari", "is_external": True, "url_private": "https://drive.example/orari"}
    event = {
        "type": "message", "subtype": "file_share", "channel": slack.channel, "user": "U0LD000001",
        "ts": "1900000000.000100", "thread_ts": root.ts, "text": "ecco", "files": [file],
    }  # fmt: skip
    slack.emit(event, slack.workspace.channels[slack.channel])
    found = await until(office, citizen, lambda found: len(texts(found)) == 2)
    assert texts(found)[1] == "ecco\n📎 orari: https://drive.example/orari"


async def test_a_citizens_file_comes_into_the_thread(slack: SlackStandIn, citizen: Citizen) -> None:
    root = await asks(citizen, slack)
    await send_file(citizen)
    (reply,) = await slack.wait_for(lambda: replies(slack, root))
    assert reply.files == ("foto del modulo.pdf",)
    assert "Maria Rossi" in reply.text
    (file,) = slack.workspace.files.values()
    assert file.content == PDF


async def test_a_file_whose_answer_was_lost_is_not_sent_again(slack: SlackStandIn, citizen: Citizen) -> None:
    root = await asks(citizen, slack)
    slack.faults.add("files.completeUploadExternal", LostReply())
    await send_file(citizen)
    await citizen.say("arrivato?")
    await slack.wait_for(lambda: len(replies(slack, root)) >= 2)
    assert [reply.files for reply in replies(slack, root)] == [("foto del modulo.pdf",), ()]


@pytest.mark.parametrize("fault", [Refused("missing_scope"), Refused("file_uploads_disabled")])
async def test_a_file_that_slack_does_not_take_leaves_a_line_in_its_place(
    slack: SlackStandIn, office: RunningHub, citizen: Citizen, fault: Refused
) -> None:
    root = await asks(citizen, slack)
    slack.faults.add("files.getUploadURLExternal", fault)
    await send_file(citizen)
    (reply,) = await slack.wait_for(lambda: replies(slack, root))
    assert "foto del modulo.pdf" in reply.text
    assert "scrivania" in reply.text
    address = f"{office.url}/desk/{citizen.id}"
    assert f"<{address}|foto del modulo.pdf>" in str(reply.wire.blocks)
    assert address in reply.wire.text


async def test_a_file_that_never_gets_through_does_not_hold_up_the_conversation(
    slack: SlackStandIn, citizen: Citizen
) -> None:
    root = await asks(citizen, slack)
    slack.faults.add("upload", HttpError(503), times=None)
    await send_file(citizen)
    await citizen.say("arrivato?")
    await slack.wait_for(lambda: len(replies(slack, root)) == 2, timeout=10)
    assert "scrivania" in replies(slack, root)[0].text


# ./linea check -----------------------------------------------------------------------------------


async def test_a_look_at_a_good_setup_finds_nothing(slack: SlackStandIn, office: RunningHub) -> None:
    assert await check(office.hub.settings, (slack.bot_token, slack.app_token)) == []


async def test_a_look_names_each_fault_in_words(slack: SlackStandIn, office: RunningHub) -> None:
    slack.remove_bot()
    faults = await check(office.hub.settings, (slack.bot_token, "xapp-wrong"))
    assert ["/invite" in faults[0], "SLACK_APP_TOKEN" in faults[1]] == [True, True]
    slack.invite_bot()
    slack.archive()
    assert "archived" in (await check(office.hub.settings, (slack.bot_token, slack.app_token)))[0]
    assert "SLACK_BOT_TOKEN" in (await check(office.hub.settings, ("xoxb-wrong", slack.app_token)))[0]


async def test_a_look_names_the_permissions_that_lack(tmp_path: Path) -> None:
    scopes = frozenset({"chat:write", "channels:read", "channels:history", "groups:history", "groups:read"})
    async with SlackStandIn(scopes=scopes) as slack, hub_at(tmp_path, slack=slack) as office:
        (fault,) = await check(office.hub.settings, (slack.bot_token, slack.app_token))
    assert "files:read, files:write, users:read" in fault
