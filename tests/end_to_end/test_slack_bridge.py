"""Conversations on Slack: the real hub, Bolt and slack_sdk, with a stand-in over real sockets."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from models.tables import What
from tests.citizen import Citizen
from tests.hub import Clock, RunningHub, hub_at
from tests.office import PDF, entries, luca, next_answer, texts, until
from tests.platforms.emulate import EmulatedSlack
from tests.platforms.slack import Hang, Ratelimited, SlackStandIn
from tests.slack_office import (  # noqa: F401 - used by name
    asks,
    citizen_fixture,
    office_fixture,
    replies,
    settled,
    slack_fixture,
)

# A conversation ----------------------------------------------------------------------------------


async def test_a_question_becomes_a_thread_and_its_answer_reaches_the_citizen(
    slack: SlackStandIn, citizen: Citizen
) -> None:
    root = await asks(citizen, slack, "A che ora aprite?", page="https://www.comune.example/orari")
    assert "Maria Rossi" in root.text
    assert "https://www.comune.example/orari" in root.text
    assert "Lingua: it" in root.text
    assert "A che ora aprite?" in root.text
    assert "A che ora aprite?" in root.wire.text
    assert root.buttons == ("take", "close", "pass", "block")
    async with citizen.listening() as stream:
        await slack.operator_says("anna", "Alle 8:30", thread_ts=root.ts)
        joined = await stream.next("operator")
        answer = await next_answer(stream)
    assert joined.data["name"] == "Anna"
    assert (answer["text"], answer["name"]) == ("Alle 8:30", "Anna")


async def test_further_messages_come_into_the_same_thread_in_order(
    slack: SlackStandIn, citizen: Citizen
) -> None:
    root = await asks(citizen, slack, "uno")
    for word in ("due", "tre", "quattro"):
        await citizen.say(word)
    await slack.wait_for(lambda: len(replies(slack, root)) == 3)
    assert [reply.text.splitlines()[-1] for reply in replies(slack, root)] == ["due", "tre", "quattro"]
    assert len(slack.messages()) == 1


async def test_replies_sent_close_together_keep_their_order(
    slack: SlackStandIn, office: RunningHub, citizen: Citizen
) -> None:
    root = await asks(citizen, slack)
    slow = Hang()
    slack.faults.add("users.info", slow)
    sent = [f"{number}" for number in range(6)]
    for text in sent:
        await slack.operator_says("anna" if int(text) % 2 else "marco", text, thread_ts=root.ts)
    slow.release()
    found = await until(office, citizen, lambda found: len(texts(found)) == 7)
    assert texts(found)[1:] == sent


MARKUP = "<!channel> <@U0LINEA001> @channel @anna *bold* _it_ `x` &lt;b&gt; <https://male.example|qui> :+1:"


async def test_a_citizens_text_is_shown_as_text_and_calls_nobody(
    slack: SlackStandIn, citizen: Citizen
) -> None:
    root = await asks(citizen, slack, MARKUP)
    await citizen.say(MARKUP)
    (reply,) = await slack.wait_for(lambda: replies(slack, root))
    assert MARKUP in root.text
    assert MARKUP in reply.text
    assert slack.workspace.mentioned == []
    for message in (root, reply):
        assert not message.wire.previews
        assert "<" not in message.wire.text
        assert '"mrkdwn"' not in str(message.wire.blocks)
        assert all(part["text"]["type"] == "plain_text" for part in message.wire.blocks if "text" in part)


async def test_a_name_or_page_of_a_citizens_making_calls_nobody_either(
    slack: SlackStandIn, office: RunningHub
) -> None:
    async with Citizen(office.url) as citizen:
        await citizen.start("ciao", name="<!channel>", page="https://c.example/<!here>?a=1&b=2")
        await citizen.call(
            "POST", "/files", data={"client_id": "f" * 16}, files={"file": ("<!here>.pdf", PDF)}
        )
        (root,) = await slack.wait_for(slack.messages)
        await slack.wait_for(lambda: replies(slack, root))
    assert slack.workspace.mentioned == []
    assert "<!channel>" in root.text


async def test_a_citizens_long_text_is_shown_whole(slack: SlackStandIn, citizen: Citizen) -> None:
    words = " ".join(f"parola{number}" for number in range(400))[:4000].rsplit(" ", 1)[0]
    root = await asks(citizen, slack, words)
    body = "".join(b["text"]["text"] + " " for b in root.wire.blocks if b["type"] == "section")
    assert body.split() == words.split()


async def test_an_operators_notation_reaches_the_citizen_as_plain_text(
    slack: SlackStandIn, office: RunningHub, citizen: Citizen
) -> None:
    root = await asks(citizen, slack)
    typed = "Chieda a @marco in #urp: orari < 12 & sabato no, https://www.comune.example/a?b=1&c=2"
    await slack.operator_says("anna", typed, thread_ts=root.ts)
    found = await until(office, citizen, lambda found: len(texts(found)) == 2)
    expected = typed.replace("@marco", "Marco Rossi")
    assert texts(found)[1] == expected


async def test_what_a_reply_says_in_the_channel_too_goes_to_the_citizen_once(
    slack: SlackStandIn, office: RunningHub, citizen: Citizen
) -> None:
    root = await asks(citizen, slack)
    await slack.operator_says("anna", "Eccomi", thread_ts=root.ts, broadcast=True)
    await settled(slack)
    assert texts(await entries(office, citizen)) == ["Buongiorno", "Eccomi"]


async def test_what_colleagues_say_among_themselves_stays_there(
    slack: SlackStandIn, office: RunningHub, citizen: Citizen
) -> None:
    await asks(citizen, slack)
    talk = await slack.operator_says("anna", "pausa caffè?")
    await slack.operator_says("marco", "volentieri", thread_ts=talk)
    await slack.operator_says("marco", "!bello questo strumento")
    await settled(slack)
    assert texts(await entries(office, citizen)) == ["Buongiorno"]
    assert [m for m in slack.messages() if m.is_bot] == [slack.messages()[0]]


# Edits and deletions -----------------------------------------------------------------------------


async def test_an_operators_edit_and_deletion_reach_the_citizen(
    slack: SlackStandIn, citizen: Citizen
) -> None:
    root = await asks(citizen, slack)
    async with citizen.listening() as stream:
        ts = await slack.operator_says("anna", "Alle 8", thread_ts=root.ts)
        answer = await next_answer(stream)
        await slack.operator_edits(ts, "Alle 8:30")
        edited = await stream.next("edited")
        await slack.operator_deletes(ts)
        deleted = await stream.next("deleted")
    assert edited.data["text"] == "Alle 8:30"
    assert answer["seq"] in edited.data.values()
    assert answer["seq"] in deleted.data.values()


async def test_the_preview_of_a_link_is_no_edit(
    slack: SlackStandIn, office: RunningHub, citizen: Citizen
) -> None:
    root = await asks(citizen, slack)
    ts = await slack.operator_says("anna", "https://www.comune.example/", thread_ts=root.ts)
    await slack.unfurl(ts)
    await slack.operator_edits(ts, "https://www.comune.example/orari")
    await slack.unfurl(ts)
    await settled(slack)
    assert len(await entries(office, citizen, What.EDITED)) == 1


async def test_events_that_overtake_each_other_end_in_the_right_text(
    slack: SlackStandIn, office: RunningHub, citizen: Citizen
) -> None:
    root = await asks(citizen, slack)
    slack.socket_mode.hold()
    ts = await slack.operator_says("anna", "Alle 7", thread_ts=root.ts)
    await slack.operator_edits(ts, "Alle 8")
    await slack.operator_edits(ts, "Alle 8:30")
    gone = await slack.operator_says("anna", "mia password: 1234", thread_ts=root.ts)
    await slack.operator_deletes(gone)
    slack.socket_mode.release(backwards=True)
    await settled(slack)
    found = await entries(office, citizen, What.MESSAGE, What.EDITED)
    assert [record.text for record in found] == ["Buongiorno", "Alle 8:30"]


async def test_edits_and_deletions_made_elsewhere_show_in_the_thread(
    slack: SlackStandIn, office: RunningHub, citizen: Citizen
) -> None:
    root = await asks(citizen, slack)
    await office.hub.operator_wrote(luca("1", "m1"), citizen.id, "Alle *8*")
    (reply,) = await slack.wait_for(lambda: replies(slack, root))
    assert reply.text == "Luca Verdi: Alle *8*"
    await office.hub.operator_edited(luca("2", "m1"), "Alle 8:30")
    await slack.wait_for(lambda: replies(slack, root)[0].text == "Luca Verdi: Alle 8:30 (modificato)")
    assert replies(slack, root)[0].ts == reply.ts
    await office.hub.operator_deleted(luca("3", "m1"))
    await slack.wait_for(lambda: not replies(slack, root))


async def test_an_edit_of_what_somebody_removed_from_slack_is_done(
    slack: SlackStandIn, office: RunningHub, citizen: Citizen
) -> None:
    root = await asks(citizen, slack)
    await office.hub.operator_wrote(luca("1", "m1"), citizen.id, "Alle 8")
    (reply,) = await slack.wait_for(lambda: replies(slack, root))
    await slack.operator_deletes(reply.ts)
    await office.hub.operator_edited(luca("2", "m1"), "Alle 8:30")
    await office.hub.operator_deleted(luca("3", "m1"))
    await office.hub.operator_wrote(luca("4"), citizen.id, "A domani")
    (shown,) = await slack.wait_for(lambda: replies(slack, root))
    assert shown.text == "Luca Verdi: A domani"


# Commands and buttons ----------------------------------------------------------------------------


async def test_the_buttons_take_and_close(slack: SlackStandIn, office: RunningHub, citizen: Citizen) -> None:
    root = await asks(citizen, slack)
    await slack.operator_presses("anna", root.ts, "take")
    await until(
        office, citizen, lambda found: [r.name for r in found if r.kind == What.OPERATOR] == ["Anna Bianchi"]
    )
    await slack.wait_for(lambda: "Se ne occupa Anna Bianchi" in slack.messages()[0].text)
    assert slack.messages()[0].text.count("Buongiorno") == 1
    await slack.operator_presses("anna", root.ts, "close")
    await until(office, citizen, lambda found: any(record.kind == What.CLOSED for record in found))
    closed = await slack.wait_for(
        lambda: [m for m in slack.messages() if "chiusa da Anna Bianchi" in m.text and not m.buttons]
    )
    assert not closed[0].edited
    await settled(slack)


async def test_a_conversation_is_passed_to_a_department_from_a_list(
    slack: SlackStandIn, tmp_path: Path
) -> None:
    taxes = slack.add_channel("tributi")
    departments = [{"name": "Anagrafe"}, {"name": "Tributi", "slack": {"channel": taxes}}]
    async with (
        hub_at(tmp_path, slack=slack, departments=departments) as office,
        Citizen(office.url) as citizen,
    ):
        root = await asks(citizen, slack, "Devo pagare l'IMU")
        await slack.operator_presses("anna", root.ts, "pass", option=f"{citizen.id}:Tributi")
        (there,) = await slack.wait_for(lambda: slack.messages(taxes))
        await slack.wait_for(lambda: any("Devo pagare l'IMU" in m.text for m in slack.thread(there.ts)))
        await slack.operator_says("marco", "Ci penso io", thread_ts=there.ts)
        await until(office, citizen, lambda found: "Ci penso io" in texts(found))


async def test_a_departments_conversations_go_to_its_own_channel(slack: SlackStandIn, tmp_path: Path) -> None:
    taxes = slack.add_channel("tributi", private=True)
    departments = [{"name": "Tributi", "when": {"page": "*/tributi/*"}, "slack": {"channel": taxes}}]
    async with (
        hub_at(tmp_path, slack=slack, departments=departments) as office,
        Citizen(office.url) as citizen,
    ):
        await citizen.start("IMU?", page="https://www.comune.example/tributi/imu")
        (root,) = await slack.wait_for(lambda: slack.messages(taxes))
        assert "Ufficio: Tributi" in root.text
        assert not slack.messages()
        await slack.operator_says("marco", "Eccomi", thread_ts=root.ts)
        await until(office, citizen, lambda found: "Eccomi" in texts(found))


async def test_commands_are_obeyed_and_never_shown_to_the_citizen(
    slack: SlackStandIn, office: RunningHub, citizen: Citizen
) -> None:
    root = await asks(citizen, slack)
    await slack.operator_says("anna", " !note chiamare il geometra", thread_ts=root.ts)
    await slack.operator_says("anna", "!chiudi", thread_ts=root.ts)
    await slack.wait_for(lambda: any("non è un comando" in reply.text for reply in replies(slack, root)))
    mistyped = await slack.operator_says("anna", "!colse", thread_ts=root.ts)
    await slack.operator_edits(mistyped, "!close")
    await slack.operator_says("anna", "!close", thread_ts=root.ts)
    found = await until(office, citizen, lambda found: any(record.kind == What.CLOSED for record in found))
    assert texts(found) == ["Buongiorno"]
    assert texts(found, What.NOTE) == ["chiamare il geometra"]


async def test_the_line_is_closed_and_opened_from_the_channel(
    slack: SlackStandIn, office: RunningHub
) -> None:
    await slack.operator_says("anna", "!offline")
    answer = await slack.wait_for(lambda: [m for m in slack.messages() if m.is_bot])
    assert "Linea diretta chiusa da Anna Bianchi" in answer[0].text
    assert not office.hub.office().open
    await slack.operator_says("anna", "!online")
    await slack.wait_for(lambda: [m for m in slack.messages() if "secondo l'orario" in m.text])
    assert [m for m in slack.messages() if m.wire.thread_ts] == []


async def test_something_that_has_no_text_is_told_to_the_operator(
    slack: SlackStandIn, office: RunningHub, citizen: Citizen
) -> None:
    root = await asks(citizen, slack)
    event = {
        "type": "message", "channel": slack.channel, "user": "U0LD000001", "ts": "1900000000.000100",
        "thread_ts": root.ts, "text": "", "attachments": [{"is_share": True, "text": "inoltrato"}],
    }  # fmt: skip
    slack.emit(event, slack.workspace.channels[slack.channel])
    (reply,) = await slack.wait_for(lambda: replies(slack, root))
    assert reply.text == "✗"


# Other things that operators see -----------------------------------------------------------------


async def test_a_message_left_while_closed_comes_with_all_that_is_needed_to_call_back(
    slack: SlackStandIn, office: RunningHub
) -> None:
    async with Citizen(office.url) as citizen:
        body = {
            "client_id": "c" * 16, "name": "Maria Rossi", "phone": "+39 055 123456", "email": "m@example.org",
            "text": "Richiamatemi <!channel>", "consent": True,
        }  # fmt: skip
        answer = await citizen.http.post("/api/callbacks", json=body)
        assert answer.status_code == 201, answer.text
    (root,) = await slack.wait_for(slack.messages)
    for expected in (answer.json()["reference"], "Maria Rossi", "055", "m@example.org", "<!channel>"):
        assert expected in root.text
    assert slack.workspace.mentioned == []


async def test_messages_that_waited_come_together_each_with_its_time(
    slack: SlackStandIn, tmp_path: Path
) -> None:
    async with hub_at(tmp_path, slack=slack) as office, Citizen(office.url) as citizen:
        root = await asks(citizen, slack, "uno")
        slack.faults.add("chat.postMessage", Ratelimited(retry_after=4))
        for word in ("due", "tre", "quattro"):
            await citizen.say(word)
        (reply,) = await slack.wait_for(lambda: replies(slack, root), timeout=10)
    lines = reply.text.splitlines()
    assert [line.partition(" ")[2] for line in lines] == [
        f"Maria Rossi: {w}" for w in ("due", "tre", "quattro")
    ]


async def test_opening_and_closing_are_told_in_the_channel_itself(
    slack: SlackStandIn, tmp_path: Path
) -> None:
    clock = Clock(datetime(2026, 11, 25, 7, 0, tzinfo=UTC))
    async with hub_at(tmp_path, slack=slack, clock=clock) as office:
        await slack.wait_for(lambda: slack.connected == 1)
        await office.hub.announce("one", "L'ufficio è aperto")
        await office.hub.announce("two", "L'ufficio è chiuso")
        clock.advance(timedelta(hours=1))
        await slack.wait_for(lambda: len(slack.messages()) == 2)
    assert [message.text for message in slack.messages()] == ["L'ufficio è aperto", "L'ufficio è chiuso"]


# A second opinion --------------------------------------------------------------------------------


async def test_a_conversation_goes_both_ways_on_a_slack_that_others_wrote(tmp_path: Path) -> None:
    async with (
        EmulatedSlack() as slack,
        hub_at(tmp_path, slack=slack) as office,
        Citizen(office.url) as citizen,
    ):

        def events(text: str) -> list[dict[str, Any]]:
            return [payload for payload in slack.shim.envelopes.values() if text in str(payload)]

        await slack.wait_for(lambda: slack.shim.sockets)
        await citizen.start("Buongiorno <!channel>", name="Maria Rossi")
        await until(office, citizen, lambda found: found)
        thread = await slack.wait_for(lambda: events("Buongiorno"))
        root = thread[0]["event"]["ts"]
        said = await slack.operator_says("anna", "Alle 8 & 30", thread_ts=root)
        await until(office, citizen, lambda found: "Alle 8 & 30" in texts(found))
        await slack.operator_edits("anna", said, "Alle 9")
        await until(office, citizen, lambda found: "Alle 9" in texts(found, What.EDITED))
        await slack.operator_sends("marco", "modulo.txt", b"abc", thread_ts=root)
        await until(office, citizen, lambda found: texts(found, What.FILE))
        await slack.operator_deletes("anna", said)
        await until(office, citizen, lambda found: texts(found, What.DELETED))
        await citizen.say("Grazie")
        await slack.wait_for(lambda: events("Grazie"))
        posts = [message["text"] for message in await slack.thread(root)]
    assert "Maria Rossi: Buongiorno &lt;!channel&gt;" in posts[0]
    assert posts[-1] == "Maria Rossi: Grazie"
