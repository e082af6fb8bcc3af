"""Slack breaks, repeats itself, refuses, is away: nothing is lost and nothing is shown twice."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from models.errors import StorageError
from models.tables import What
from routing.inbound import Arrival
from tests.citizen import Citizen
from tests.hub import RunningHub, hub_at
from tests.office import LUCA, entries, luca, soon, texts, until
from tests.platforms.slack import (
    BOT_EVENTS,
    OTHER,
    OURS,
    HttpError,
    LostReply,
    Ratelimited,
    Refused,
    SlackStandIn,
)
from tests.platforms.slack.records import App
from tests.slack_office import (  # noqa: F401 - used by name
    asks,
    citizen_fixture,
    office_fixture,
    problem,
    replies,
    settled,
    slack_fixture,
)

# Nothing twice, nothing lost ---------------------------------------------------------------------


async def test_an_event_that_slack_delivers_again_changes_nothing(
    slack: SlackStandIn, office: RunningHub, citizen: Citizen
) -> None:
    root = await asks(citizen, slack)
    ts = await slack.operator_says("anna", "Alle 8", thread_ts=root.ts)
    await slack.operator_edits(ts, "Alle 8:30")
    await slack.operator_says("anna", "!note richiamare", thread_ts=root.ts)
    await settled(slack)
    before = await entries(office, citizen)
    acknowledged = len(slack.acks)
    again = slack.socket_mode.redeliver(acked=True)
    await slack.wait_for(lambda: len(slack.acks) >= acknowledged + again)
    assert await entries(office, citizen) == before


async def test_the_bridges_own_posts_never_come_back(
    slack: SlackStandIn, office: RunningHub, citizen: Citizen
) -> None:
    root = await asks(citizen, slack)
    await office.hub.operator_wrote(luca("1", "m1"), citizen.id, "Alle 8")
    (reply,) = await slack.wait_for(lambda: replies(slack, root))
    await office.hub.operator_edited(luca("2", "m1"), "Alle 8:30")
    await slack.wait_for(lambda: replies(slack, root)[0].text.endswith("(modificato)"))
    await slack.operator_deletes(reply.ts)
    await settled(slack)
    found = await entries(office, citizen)
    assert [record.origin for record in found if record.origin == "slack"] == []


@pytest.mark.parametrize(
    ("app", "username"),
    [(OTHER, None), (OTHER, "Anna Bianchi"), (OURS, None), (OURS, "URP")],
    ids=["another app", "another app under a person's name", "our app elsewhere", "ours under a name"],
)
async def test_no_app_speaks_to_the_citizen_nor_is_answered(
    slack: SlackStandIn, office: RunningHub, citizen: Citizen, app: App, username: str | None
) -> None:
    root = await asks(citizen, slack)
    ts = await slack.app_says("Promemoria", thread_ts=root.ts, app=app, username=username)
    # These name the app only in what they carry.
    await slack.operator_edits(ts, "Promemoria: domani chiuso")
    await slack.operator_deletes(ts)
    await slack.app_says("!close", thread_ts=root.ts, app=app, username=username)
    await slack.app_says("di passaggio", thread_ts=root.ts, app=app, username=username, delivered="hidden")
    await settled(slack)
    opened = slack.socket_mode.opened
    slack.socket_mode.reset()  # and then the thread is read back
    await slack.wait_for(lambda: slack.socket_mode.opened > opened, timeout=20)
    await slack.operator_says("anna", "Alle 8:30", thread_ts=root.ts)
    found = await until(office, citizen, lambda found: "Alle 8:30" in texts(found))
    await slack.wait_for(lambda: "conversations.replies" in [call.method for call in slack.calls])
    assert [record.kind for record in found] == [What.MESSAGE, What.OPERATOR, What.MESSAGE]
    assert texts(found) == ["Buongiorno", "Alle 8:30"]
    assert len([call for call in slack.calls if call.method == "chat.postMessage"]) == 1


async def test_an_event_is_acknowledged_only_once_it_is_on_disk(
    slack: SlackStandIn, office: RunningHub, citizen: Citizen, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = await asks(citizen, slack)
    await settled(slack)
    write = office.hub.operator_wrote
    refused = asyncio.Event()

    async def full(*_: object, **__: object) -> None:
        refused.set()
        raise StorageError(OSError("No space left on device"))

    monkeypatch.setattr(office.hub, "operator_wrote", full)
    await slack.operator_says("anna", "Alle 8:30", thread_ts=root.ts)
    await asyncio.wait_for(refused.wait(), 5)
    monkeypatch.setattr(office.hub, "operator_wrote", write)
    assert len(slack.socket_mode.pending()) == 1
    slack.socket_mode.redeliver()
    await settled(slack)
    assert texts(await entries(office, citizen)) == ["Buongiorno", "Alle 8:30"]


async def test_a_first_post_whose_answer_was_lost_is_not_posted_again(
    slack: SlackStandIn, office: RunningHub, citizen: Citizen
) -> None:
    slack.faults.add("chat.postMessage", LostReply())
    root = await asks(citizen, slack)
    # The hub does not know this thread yet; what is said in it must not be lost.
    await slack.operator_says("anna", "Subito", thread_ts=root.ts)
    await citizen.say("Ci siete?")
    await slack.wait_for(lambda: len(replies(slack, root)) == 2)
    await until(office, citizen, lambda found: "Subito" in texts(found))
    assert len(slack.messages()) == 1


async def test_a_post_whose_answer_was_lost_is_found_again(slack: SlackStandIn, citizen: Citizen) -> None:
    root = await asks(citizen, slack)
    slack.faults.add("chat.postMessage", LostReply())
    await citizen.say("due")
    await citizen.say("tre")
    await slack.wait_for(lambda: len(replies(slack, root)) >= 2)
    assert [reply.text.splitlines()[-1] for reply in replies(slack, root)] == ["due", "tre"]


async def test_a_post_of_several_messages_goes_on_where_an_answer_was_lost(
    slack: SlackStandIn, office: RunningHub, citizen: Citizen
) -> None:
    root = await asks(citizen, slack)
    long = "\n".join(f"riga {number}: {'x' * 80}" for number in range(300))
    slack.faults.add("chat.postMessage", LostReply(), when=lambda call: "riga 150:" in str(call["text"]))
    await office.hub.answer(luca("1"), citizen.id, "prima")  # the desk's own: not for Slack
    await office.hub.answer(Arrival("slack", "2", slack.channel, LUCA), citizen.id, long)
    await slack.wait_for(lambda: any("riga 299:" in reply.text for reply in replies(slack, root)))
    assert "\n".join(reply.text for reply in replies(slack, root)).splitlines() == long.splitlines()


async def test_slack_saying_it_is_too_fast_delays_and_loses_nothing(
    slack: SlackStandIn, citizen: Citizen
) -> None:
    root = await asks(citizen, slack)
    slack.faults.add("chat.postMessage", Ratelimited(retry_after=1))
    await citizen.say("due")
    await slack.wait_for(lambda: replies(slack, root))
    first, second = [c.at for c in slack.calls if c.method == "chat.postMessage"][-2:]
    assert second - first >= 1


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_an_error_of_slacks_own_delays_and_loses_nothing(
    slack: SlackStandIn, citizen: Citizen, status: int
) -> None:
    root = await asks(citizen, slack)
    slack.faults.add("chat.postMessage", HttpError(status))
    await citizen.say("due")
    (reply,) = await slack.wait_for(lambda: replies(slack, root))
    assert reply.text.endswith("due")


async def test_blocks_that_slack_refuses_are_left_out(slack: SlackStandIn, citizen: Citizen) -> None:
    slack.faults.add("chat.postMessage", Refused("invalid_blocks"))
    root = await asks(citizen, slack, "Buongiorno <b>")
    assert "Buongiorno <b>" in root.text


async def test_what_slack_will_never_take_is_given_up_and_what_follows_arrives(
    slack: SlackStandIn, citizen: Citizen
) -> None:
    root = await asks(citizen, slack)
    slack.faults.add("chat.postMessage", Refused("msg_too_long"))
    await citizen.say("due")
    await citizen.say("tre")
    (reply,) = await slack.wait_for(lambda: replies(slack, root))
    assert reply.text.endswith("tre")


async def test_a_thread_that_somebody_deleted_is_made_anew(
    slack: SlackStandIn, office: RunningHub, citizen: Citizen
) -> None:
    root = await asks(citizen, slack)
    await slack.operator_deletes(root.ts)
    await citizen.say("C'è nessuno?")
    (new,) = await slack.wait_for(slack.messages)
    assert "Maria Rossi" in new.text
    assert "C'è nessuno?" in new.text
    assert new.buttons == ("take", "close", "pass", "block")
    await slack.operator_says("anna", "Eccomi", thread_ts=new.ts)
    await until(office, citizen, lambda found: "Eccomi" in texts(found))


# The line ----------------------------------------------------------------------------------------


async def test_a_socket_that_breaks_is_made_anew(
    slack: SlackStandIn, office: RunningHub, citizen: Citizen
) -> None:
    root = await asks(citizen, slack)
    opened = slack.socket_mode.opened
    slack.socket_mode.reset()
    await slack.operator_says("anna", "Alle 8:30", thread_ts=root.ts)
    await slack.wait_for(lambda: slack.socket_mode.opened > opened, timeout=10)
    await until(office, citizen, lambda found: "Alle 8:30" in texts(found))


async def test_a_socket_that_is_refused_at_its_address_is_asked_for_again(
    slack: SlackStandIn, office: RunningHub, citizen: Citizen
) -> None:
    await asks(citizen, slack)
    asked = [c.method for c in slack.calls].count("apps.connections.open")
    # slack_sdk tries the refused address again and again; only a new one helps.
    planned = slack.faults.add("socket", HttpError(408), times=None)
    slack.socket_mode.reset()
    await slack.wait_for(lambda: planned.hits >= 1, timeout=10)
    slack.faults.remove(planned)
    await slack.wait_for(lambda: slack.connected == 1, timeout=15)
    assert [c.method for c in slack.calls].count("apps.connections.open") > asked


async def test_a_first_socket_that_is_refused_does_not_keep_the_office_deaf(
    slack: SlackStandIn, tmp_path: Path
) -> None:
    slack.faults.add("socket", HttpError(408))
    async with hub_at(tmp_path, slack=slack) as office:
        await slack.wait_for(lambda: slack.connected == 1, timeout=10)
        await soon(lambda: office.hub.bridges["slack"].health.connected)
    assert [c.method for c in slack.calls].count("apps.connections.open") == 2


@pytest.mark.parametrize(
    "reason", ["warning", "refresh_requested", "too_many_websockets", "link_disabled", "a_kind_yet_unknown"]
)
async def test_slack_asking_for_a_new_socket_loses_nothing(
    slack: SlackStandIn, office: RunningHub, citizen: Citizen, reason: str
) -> None:
    root = await asks(citizen, slack)
    opened = slack.socket_mode.opened
    slack.socket_mode.disconnect(reason)
    await slack.operator_says("anna", "Alle 8:30", thread_ts=root.ts)
    await slack.wait_for(lambda: slack.socket_mode.opened > opened)
    await until(office, citizen, lambda found: "Alle 8:30" in texts(found))
    assert office.hub.bridges["slack"].health.connected


@pytest.mark.parametrize("closes", [True, False], ids=["closed", "left open and deaf"])
async def test_a_link_that_was_disabled_is_told_and_taken_up_again_once_it_is_allowed(
    slack: SlackStandIn, office: RunningHub, citizen: Citizen, closes: bool
) -> None:
    root = await asks(citizen, slack)
    switched_off = slack.faults.add("apps.connections.open", Refused("socket_mode_not_enabled"), times=None)
    slack.socket_mode.disconnect("link_disabled", closes=closes)
    await soon(lambda: "Socket Mode is off" in problem(office))
    report = (await citizen.http.get("/readyz")).json()["bridges"]["slack"]
    assert (report["connected"], report["problem_kind"]) == (False, "no_socket_mode")
    await slack.operator_says("anna", "Alle 8:30", thread_ts=root.ts)
    await citizen.say("due")  # this way needs no socket
    await slack.wait_for(lambda: [reply.text for reply in replies(slack, root) if reply.text.endswith("due")])
    slack.faults.remove(switched_off)
    await until(office, citizen, lambda found: "Alle 8:30" in texts(found))
    await soon(lambda: office.hub.bridges["slack"].health.connected and not problem(office))


async def test_what_was_said_while_the_line_was_dead_arrives_once(
    slack: SlackStandIn, office: RunningHub, citizen: Citizen
) -> None:
    root = await asks(citizen, slack)
    await slack.operator_says("anna", "uno", thread_ts=root.ts)
    await slack.operator_says("anna", "due", thread_ts=root.ts, delivered="lost")
    ts = await slack.operator_says("anna", "tre", thread_ts=root.ts)
    await settled(slack)
    await slack.stop()
    slack.socket_mode.hold()
    await slack.operator_says("anna", "!note la signora è al banco", thread_ts=root.ts)
    await slack.operator_says("marco", "quattro", thread_ts=root.ts)
    await slack.operator_edits(ts, "tre e mezzo")
    slack.socket_mode.forget_pending()
    slack.socket_mode.release()
    await slack.start()
    await slack.wait_for(lambda: slack.connected == 1, timeout=15)
    found = await until(office, citizen, lambda found: {"quattro", "due"} <= set(texts(found)))
    await until(office, citizen, lambda found: "tre e mezzo" in texts(found, What.EDITED))
    assert sorted(texts(found)) == sorted(["Buongiorno", "uno", "tre", "due", "quattro"])
    assert texts(await entries(office, citizen), What.NOTE) == ["la signora è al banco"]


async def test_a_reply_of_which_slack_tells_only_in_passing_arrives(
    slack: SlackStandIn, office: RunningHub, citizen: Citizen
) -> None:
    root = await asks(citizen, slack)
    await slack.operator_says("anna", "Alle 8:30", thread_ts=root.ts, delivered="hidden")
    await until(office, citizen, lambda found: "Alle 8:30" in texts(found))


async def test_without_the_right_to_read_back_everything_else_works(tmp_path: Path) -> None:
    scopes = frozenset({"chat:write", "users:read"})
    async with (
        SlackStandIn(scopes=scopes) as slack,
        hub_at(tmp_path, slack=slack) as office,
        Citizen(office.url) as citizen,
    ):
        slack.faults.add("chat.postMessage", LostReply(), when=lambda call: "due" in str(call["text"]))
        root = await asks(citizen, slack)
        await citizen.say("due")
        await slack.wait_for(lambda: len(replies(slack, root)) == 2)
        assert "forse ripetuto" in replies(slack, root)[1].text
        await slack.operator_says("anna", "Eccomi", thread_ts=root.ts)
        await until(office, citizen, lambda found: "Eccomi" in texts(found))
        slack.socket_mode.reset()
        details = office.hub.bridges["slack"].health.details
        await soon(lambda: "catch-up" in details)
        assert "missing_scope" in details["catch-up"]


@pytest.mark.parametrize(
    ("which", "words"), [("bot_token", "SLACK_BOT_TOKEN"), ("app_token", "SLACK_APP_TOKEN")]
)
async def test_a_wrong_token_is_told_and_mended_without_a_restart(
    slack: SlackStandIn, tmp_path: Path, which: str, words: str
) -> None:
    slack.revoke(getattr(slack, which))
    async with hub_at(tmp_path, slack=slack) as office:
        method = "auth.test" if which == "bot_token" else "apps.connections.open"
        await slack.wait_for(
            lambda: [c.outcome for c in slack.calls if c.method == method] == ["token_revoked"]
        )
        await soon(lambda: words in problem(office))
        assert not office.hub.bridges["slack"].health.connected
        slack.restore(getattr(slack, which))
        await slack.wait_for(lambda: slack.connected == 1)
        await soon(lambda: not problem(office))
        assert office.hub.bridges["slack"].health.connected


async def test_a_channel_without_the_app_is_told_and_what_waits_is_sent_later(
    slack: SlackStandIn, office: RunningHub, citizen: Citizen
) -> None:
    slack.remove_bot()
    await citizen.start("Buongiorno")
    await soon(lambda: "/invite" in problem(office))
    slack.invite_bot()
    await slack.wait_for(slack.messages)
    await soon(lambda: not problem(office))


async def test_a_socket_that_went_silent_does_not_hold_up_the_end(
    slack: SlackStandIn, tmp_path: Path
) -> None:
    loop = asyncio.get_running_loop()
    async with hub_at(tmp_path, slack=slack):
        await slack.wait_for(lambda: slack.connected == 1)
        slack.socket_mode.black_hole()
        began = loop.time()
    assert loop.time() - began < 5


async def test_events_that_nobody_wants_are_acknowledged(tmp_path: Path) -> None:
    events = BOT_EVENTS | {"member_joined_channel"}
    async with SlackStandIn(events=events) as slack, hub_at(tmp_path, slack=slack) as office:
        ts = await slack.operator_says("anna", "ciao a tutti")
        await slack.operator_reacts("marco", ts, "wave")
        await slack.operator_opens_home("anna")
        channel = slack.workspace.channels[slack.channel]
        strange: list[dict[str, Any]] = [
            {"type": "message", "subtype": "channel_topic", "channel": channel.id, "user": "U1", "ts": "1.3"},
            {"type": "message", "subtype": "message_changed", "channel": channel.id, "ts": "1.4"},
            {"type": "message", "ts": {"odd": True}},
        ]
        for event in strange:
            slack.emit(event, channel)
        await slack.wait_for(lambda: len(slack.acks) == 6)
        assert office.hub.bridges["slack"].health.last_event_at is not None
