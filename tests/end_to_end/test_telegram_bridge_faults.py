"""Telegram breaks, repeats itself, refuses, is away: nothing is lost and nothing is shown twice."""

import asyncio
import signal
from pathlib import Path

import pytest

from models.errors import StorageError
from models.tables import What
from routing.commands import Command
from tests.citizen import Citizen
from tests.hub import RunningHub, hub_at
from tests.office import entries, luca, soon, texts, until
from tests.platforms.telegram import (
    FloodWait,
    Hang,
    HangUp,
    HttpError,
    Kind,
    LostReply,
    Refused,
    TelegramStandIn,
)
from tests.program import Program
from tests.telegram_office import (  # noqa: F401 - used by name
    PATIENCE,
    asks,
    calls,
    citizen_fixture,
    listening,
    office_fixture,
    problem,
    replies,
    settled,
    telegram_fixture,
)

# Nothing twice, nothing lost: towards the citizen ------------------------------------------------


async def test_an_update_that_telegram_delivers_again_changes_nothing(
    telegram: TelegramStandIn, office: RunningHub, citizen: Citizen
) -> None:
    topic = await asks(citizen, telegram)
    said = await telegram.operator_says("anna", "Alle 8", thread=topic.id)
    await telegram.operator_edits(said, "Alle 8:30")
    await telegram.operator_says("anna", "/note richiamare", thread=topic.id)
    (first, *_) = telegram.thread(topic.id)
    await telegram.operator_presses("marco", first.id, "take")
    await telegram.operator_says("marco", file=("note.txt", b"ciao"), thread=topic.id)
    await telegram.operator_closes_topic("marco", topic.id)
    await settled(telegram)
    before = await entries(office, citizen)
    assert len(before) >= 6
    again = telegram.redeliver()
    assert again >= 6
    await settled(telegram)
    assert await entries(office, citizen) == before


async def test_the_bridges_own_posts_never_come_back(
    telegram: TelegramStandIn, office: RunningHub, citizen: Citizen
) -> None:
    topic = await asks(citizen, telegram)
    await office.hub.operator_wrote(luca("1", "m1"), citizen.id, "Alle 8")
    await office.hub.operator_edited(luca("2", "m1"), "Alle 8:30")
    await office.hub.operator_commanded(luca("3"), citizen.id, Command("close"))
    await telegram.wait_for(lambda: telegram.topics()[0].is_closed, PATIENCE)
    assert any(
        "forum_topic_closed" in str(update) for update in telegram.updates.confirmed + telegram.pending()
    )
    await settled(telegram)
    found = await entries(office, citizen)
    assert [record.origin for record in found if record.origin == "telegram"] == []
    assert len(telegram.thread(topic.id)) == 3


async def test_an_update_is_confirmed_only_once_it_is_on_disk(
    telegram: TelegramStandIn, office: RunningHub, citizen: Citizen, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = await asks(citizen, telegram)
    await settled(telegram)
    write = office.hub.operator_wrote
    refused = asyncio.Event()

    async def full(*_: object, **__: object) -> None:
        refused.set()
        raise StorageError(OSError("No space left on device"))

    monkeypatch.setattr(office.hub, "operator_wrote", full)
    await telegram.operator_says("anna", "Alle 8:30", thread=topic.id)
    await telegram.operator_says("anna", "o alle 9", thread=topic.id)
    await asyncio.wait_for(refused.wait(), PATIENCE)
    assert len(telegram.pending()) == 2
    monkeypatch.setattr(office.hub, "operator_wrote", write)
    await settled(telegram)
    assert texts(await entries(office, citizen)) == ["Buongiorno", "Alle 8:30", "o alle 9"]


async def test_what_was_written_but_not_confirmed_when_the_hub_ended_counts_once(
    telegram: TelegramStandIn, tmp_path: Path
) -> None:
    async with hub_at(tmp_path, telegram=telegram) as office, Citizen(office.url) as citizen:
        topic = await asks(citizen, telegram)
        await settled(telegram)
        await listening(telegram)
        silent = telegram.faults.add("getUpdates", Hang(), times=None, when=lambda a: "offset" in a)
        await telegram.operator_says("anna", "Alle 8:30", thread=topic.id)
        await until(office, citizen, lambda found: "Alle 8:30" in texts(found))
        await telegram.wait_for(lambda: silent.hits, PATIENCE)
    telegram.faults.remove(silent)
    # That the topic was renamed is an update, too.
    assert len([update for update in telegram.pending() if "text" in update["message"]]) == 1
    async with hub_at(tmp_path, telegram=telegram) as again:
        await settled(telegram)
        assert texts(await entries(again, citizen)) == ["Buongiorno", "Alle 8:30"]


async def test_a_kill_in_the_middle_of_replies_loses_and_repeats_none(
    telegram: TelegramStandIn, tmp_path: Path
) -> None:
    program = Program(tmp_path, telegram=telegram)
    await program.start()
    try:
        async with Citizen(program.url) as citizen:
            topic = await asks(citizen, telegram)
            await settled(telegram)
            sent = [f"risposta {number}" for number in range(12)]
            for text in sent[:6]:
                await telegram.operator_says("anna", text, thread=topic.id)
            await program.stop(signal.SIGKILL)
            for text in sent[6:]:
                await telegram.operator_says("marco", text, thread=topic.id)
            await program.start()
            await settled(telegram)
            transcript = (await citizen.call("GET", "/transcript")).json()
            said = [m["text"] for m in transcript["messages"] if m["author"] == "operator" and m["text"]]
            assert said == sent
            assert len(telegram.topics()) == 1
    finally:
        await program.stop()


async def test_what_was_said_while_the_hub_was_away_is_taken_in_order(
    telegram: TelegramStandIn, tmp_path: Path
) -> None:
    async with hub_at(tmp_path, telegram=telegram) as office, Citizen(office.url) as citizen:
        topic = await asks(citizen, telegram)
        await settled(telegram)
    sent = [f"{number}" for number in range(130)]
    for text in sent:
        await telegram.operator_says("anna" if int(text) % 2 else "marco", text, thread=topic.id)
    async with hub_at(tmp_path, telegram=telegram) as again:
        await settled(telegram)
        assert texts(await entries(again, citizen)) == ["Buongiorno", *sent]


async def test_numbers_of_updates_that_begin_anew_lose_nothing(
    telegram: TelegramStandIn, office: RunningHub, citizen: Citizen
) -> None:
    topic = await asks(citizen, telegram)
    await telegram.operator_says("anna", "uno", thread=topic.id)
    await settled(telegram)
    telegram.updates.number_anew(7)
    await telegram.operator_says("anna", "due", thread=topic.id)
    await until(office, citizen, lambda found: "due" in texts(found))


async def test_an_answer_to_what_is_just_being_posted_finds_its_conversation(
    telegram: TelegramStandIn, office: RunningHub, citizen: Citizen
) -> None:
    slow = Hang(done=True)
    telegram.faults.add("createForumTopic", slow)
    await citizen.start("Buongiorno", name="Maria Rossi")
    (topic,) = await telegram.wait_for(telegram.topics, PATIENCE)
    await settled(telegram)
    await listening(telegram)
    await telegram.operator_says("anna", "Subito", thread=topic.id)
    await telegram.wait_for(lambda: not telegram.updates.is_polled, PATIENCE)
    for _ in range(5):  # time enough to pass over what belongs to no conversation
        await citizen.call("GET", "/transcript")
    assert len(telegram.pending()) == 1
    slow.release()
    await until(office, citizen, lambda found: "Subito" in texts(found))


async def test_a_reply_in_a_topic_that_belongs_to_no_conversation_is_told_to_who_wrote_it(
    telegram: TelegramStandIn, citizen: Citizen
) -> None:
    telegram.faults.add("createForumTopic", LostReply())
    await citizen.start("Buongiorno", name="Maria Rossi")
    left, topic = await telegram.wait_for(
        lambda: telegram.topics() if len(telegram.topics()) == 2 else [], PATIENCE
    )
    await telegram.wait_for(lambda: telegram.thread(topic.id), PATIENCE)
    await telegram.operator_says("anna", "Eccomi", thread=left.id)
    (_, told) = await telegram.wait_for(
        lambda: telegram.thread(left.id) if len(telegram.thread(left.id)) == 2 else [], PATIENCE
    )
    assert "non è arrivato a nessun cittadino" in told.text


@pytest.mark.parametrize("kind", [Kind.GROUP, Kind.SUPERGROUP])
async def test_a_reply_to_a_first_message_whose_answer_was_lost_reaches_the_citizen(
    tmp_path: Path, kind: Kind
) -> None:
    async with (
        TelegramStandIn(kind) as telegram,
        hub_at(tmp_path, telegram=telegram) as office,
        Citizen(office.url) as citizen,
    ):
        telegram.faults.add("sendMessage", LostReply())
        await citizen.start("Buongiorno", name="Maria Rossi")
        first, second = await telegram.wait_for(
            lambda: telegram.messages() if len(telegram.messages()) == 2 else [], PATIENCE
        )
        assert "forse ripetuto" not in first.text
        assert "forse ripetuto" in second.text
        await telegram.operator_says("anna", "al primo", reply_to=first.id)
        await telegram.operator_says("anna", "al secondo", reply_to=second.id)
        found = await until(office, citizen, lambda found: len(texts(found)) == 3)
        assert texts(found) == ["Buongiorno", "al primo", "al secondo"]


# Nothing twice, nothing lost: towards the operators ----------------------------------------------


async def test_a_post_whose_answer_was_lost_is_sent_again_and_says_so(
    telegram: TelegramStandIn, citizen: Citizen
) -> None:
    topic = await asks(citizen, telegram)
    telegram.faults.add("sendMessage", LostReply())
    await citizen.say("due")
    await citizen.say("tre")
    shown = await replies(telegram, topic, 3)
    assert [m.text for m in shown] == [
        "Maria Rossi: due",
        "Maria Rossi: due\n(forse ripetuto)",
        "Maria Rossi: tre",
    ]


async def test_telegram_saying_it_is_too_fast_is_obeyed_and_loses_nothing(
    telegram: TelegramStandIn, citizen: Citizen
) -> None:
    topic = await asks(citizen, telegram)
    telegram.faults.add("sendMessage", FloodWait(retry_after=2))
    await citizen.say("due")
    (reply,) = await replies(telegram, topic, 1)
    first, second = [call.at for call in telegram.calls if call.method == "sendMessage"][-2:]
    assert second - first >= 2
    assert reply.text == "Maria Rossi: due"


async def test_the_bridge_keeps_within_what_telegram_allows_a_group(
    telegram: TelegramStandIn, citizen: Citizen
) -> None:
    telegram.limits.allow(20, seconds=60)
    topic = await asks(citizen, telegram)
    for number in range(6):
        await citizen.say(f"{number}")
    await telegram.wait_for(lambda: telegram.thread(topic.id)[-1].text.endswith(" 5"), PATIENCE)
    assert {call.outcome for call in telegram.calls if call.method == "sendMessage"} == {"ok"}


@pytest.mark.parametrize("fault", [HttpError(500), HttpError(503), HangUp()], ids=["500", "503", "hang-up"])
async def test_an_error_of_telegrams_own_delays_and_loses_nothing(
    telegram: TelegramStandIn, citizen: Citizen, fault: HttpError | HangUp
) -> None:
    topic = await asks(citizen, telegram)
    telegram.faults.add("sendMessage", fault)
    await citizen.say("due")
    (reply,) = await replies(telegram, topic, 1)
    # Only where the line broke the first try may have gone through.
    assert ("forse ripetuto" in reply.text) == isinstance(fault, HangUp)
    assert reply.text.startswith("Maria Rossi: due")


async def test_entities_that_telegram_refuses_are_left_out(
    telegram: TelegramStandIn, citizen: Citizen
) -> None:
    telegram.faults.add("sendMessage", Refused("can't parse entities: unsupported"))
    topic = await asks(citizen, telegram, "Buongiorno <b>")
    assert "Buongiorno <b>" in telegram.thread(topic.id)[0].text
    assert "entities" not in calls(telegram, "sendMessage")[-1]


async def test_what_telegram_will_never_take_is_given_up_and_what_follows_arrives(
    telegram: TelegramStandIn, citizen: Citizen
) -> None:
    topic = await asks(citizen, telegram)
    telegram.faults.add("sendMessage", Refused("message is too long"))
    await citizen.say("due")
    await citizen.say("tre")
    (reply,) = await replies(telegram, topic, 1)
    assert reply.text == "Maria Rossi: tre"


@pytest.mark.parametrize("says", ["message thread not found", "TOPIC_DELETED"])
async def test_a_topic_that_somebody_deleted_is_made_anew(
    telegram: TelegramStandIn, office: RunningHub, citizen: Citizen, says: str
) -> None:
    topic = await asks(citizen, telegram)
    await telegram.operator_deletes_topic(topic.id, says=says)
    await citizen.say("C'è nessuno?")
    (new,) = await telegram.wait_for(telegram.topics, PATIENCE)
    (shown,) = await telegram.wait_for(lambda: telegram.thread(new.id), PATIENCE)
    assert new.id != topic.id
    assert new.name == "🟡 Maria Rossi"
    assert "Nuova conversazione" in shown.text
    assert "C'è nessuno?" in shown.text
    assert shown.buttons == ("Prendo io", "Chiudi", "Passa a…", "Blocca…")
    await telegram.operator_says("anna", "Eccomi", thread=new.id)
    await until(office, citizen, lambda found: "Eccomi" in texts(found))


async def test_telegram_away_for_a_while_gets_everything_in_order(
    telegram: TelegramStandIn, office: RunningHub, citizen: Citizen
) -> None:
    topic = await asks(citizen, telegram, "zero")
    await telegram.stop()
    await soon(lambda: "cannot be reached" in problem(office))
    for word in ("uno", "due", "tre"):
        assert (await citizen.say(word)).status_code == 201
    await telegram.operator_says("anna", "intanto", thread=topic.id)
    await telegram.start()
    await until(office, citizen, lambda found: "intanto" in texts(found))
    await telegram.wait_for(lambda: "tre" in telegram.thread(topic.id)[-1].text, PATIENCE)
    together = "\n".join(message.text for message in telegram.thread(topic.id)[1:] if message.is_bot)
    assert [word for word in together.split() if word in ("uno", "due", "tre")] == ["uno", "due", "tre"]
    assert "forse ripetuto" not in together
    await soon(lambda: office.hub.bridges["telegram"].health.connected and not problem(office))


async def test_a_restart_keeps_every_thread(telegram: TelegramStandIn, tmp_path: Path) -> None:
    async with hub_at(tmp_path, telegram=telegram) as office, Citizen(office.url) as citizen:
        topic = await asks(citizen, telegram)
        said = await telegram.operator_says("anna", "Alle 8", thread=topic.id)
        await office.hub.operator_wrote(luca("1", "m1"), citizen.id, "o alle 9")
        await replies(telegram, topic, 2)
        await settled(telegram)
    async with hub_at(tmp_path, telegram=telegram) as again, Citizen(again.url) as back:
        back.id, back.token = citizen.id, citizen.token
        await listening(telegram)
        await telegram.operator_edits(said, "Alle 8:30")
        await until(again, back, lambda found: texts(found, What.EDITED) == ["Alle 8:30"])
        await again.hub.operator_edited(luca("2", "m1"), "o alle 9:30")
        await telegram.wait_for(lambda: telegram.thread(topic.id)[2].edited, PATIENCE)
        await back.say("Grazie")
        await telegram.wait_for(lambda: telegram.thread(topic.id)[-1].text == "Maria Rossi: Grazie", PATIENCE)
        await telegram.operator_says("marco", "Prego", thread=topic.id)
        await until(again, back, lambda found: "Prego" in texts(found))
    assert len(telegram.topics()) == 1


# The group and the bot's place in it -------------------------------------------------------------


@pytest.mark.parametrize("told", [True, False], ids=["told", "found out"])
async def test_a_group_that_became_a_supergroup_is_followed(tmp_path: Path, told: bool) -> None:
    async with TelegramStandIn(Kind.GROUP) as telegram:
        async with hub_at(tmp_path, telegram=telegram) as office, Citizen(office.url) as citizen:
            await citizen.start("uno", name="Maria Rossi")
            await telegram.wait_for(telegram.messages, PATIENCE)
            await settled(telegram)
            new = telegram.migrate(told=told)
            await settled(telegram)
            await citizen.say("due")
            (topic,) = await telegram.wait_for(telegram.topics, PATIENCE)
            await telegram.wait_for(
                lambda: "due" in "\n".join(shown.text for shown in telegram.thread(topic.id)), PATIENCE
            )
            await telegram.operator_says("anna", "Eccomi", thread=topic.id)
            await until(office, citizen, lambda found: "Eccomi" in texts(found))
        # config.yaml still has the old number.
        async with hub_at(tmp_path, telegram=telegram) as again, Citizen(again.url) as back:
            back.id, back.token = citizen.id, citizen.token
            await listening(telegram)
            await back.say("tre")
            await telegram.wait_for(
                lambda: telegram.thread(topic.id)[-1].text == "Maria Rossi: tre", PATIENCE
            )
            await telegram.operator_says("anna", "Ancora qui", thread=topic.id)
            await until(again, back, lambda found: "Ancora qui" in texts(found))
            assert len(telegram.topics(new)) == 1


async def test_a_bot_that_was_thrown_out_says_so_and_sends_what_waits_when_it_is_back(
    telegram: TelegramStandIn, office: RunningHub, citizen: Citizen
) -> None:
    topic = await asks(citizen, telegram)
    telegram.set_rights(status="kicked")
    await citizen.say("due")
    await telegram.wait_for(lambda: "kicked" in telegram.calls[-1].outcome, PATIENCE)
    await soon(lambda: "Add it again" in problem(office))
    telegram.set_rights(status="administrator")
    assert (await replies(telegram, topic, 1))[0].text == "Maria Rossi: due"
    await soon(lambda: not problem(office))


async def test_a_bot_without_the_right_to_make_topics_says_so_before_anybody_writes(
    telegram: TelegramStandIn, tmp_path: Path
) -> None:
    telegram.set_rights(can_manage_topics=False)
    async with hub_at(tmp_path, telegram=telegram) as office, Citizen(office.url) as citizen:
        await soon(lambda: "Manage topics" in problem(office))
        await citizen.start("Buongiorno", name="Maria Rossi")
        await telegram.wait_for(lambda: "rights to create a topic" in telegram.calls[-1].outcome, PATIENCE)
        telegram.set_rights(can_manage_topics=True)
        (topic,) = await telegram.wait_for(telegram.topics, PATIENCE)
        await telegram.wait_for(lambda: telegram.thread(topic.id), PATIENCE)
        await soon(lambda: not problem(office))


# Who fetches, and with which token ---------------------------------------------------------------


async def test_another_program_that_fetches_is_told_and_the_bridge_comes_back(
    telegram: TelegramStandIn, office: RunningHub, citizen: Citizen
) -> None:
    topic = await asks(citizen, telegram)
    other = telegram.faults.add(
        "getUpdates", Refused("Conflict: terminated by other getUpdates request", 409), times=None
    )
    await telegram.operator_says("anna", "Alle 8:30", thread=topic.id)
    await soon(lambda: "Another program" in problem(office))
    assert not office.hub.bridges["telegram"].health.connected
    telegram.faults.remove(other)
    await soon(lambda: not problem(office))
    await until(office, citizen, lambda found: "Alle 8:30" in texts(found))


async def test_a_webhook_that_somebody_left_is_taken_away(telegram: TelegramStandIn, tmp_path: Path) -> None:
    telegram.updates.webhook = "https://altrove.example/hook"
    await telegram.operator_says("anna", "/hours")
    async with hub_at(tmp_path, telegram=telegram):
        await telegram.wait_for(lambda: [m for m in telegram.messages() if m.is_bot], PATIENCE)


async def test_a_wrong_token_is_told_and_mended_without_a_restart(
    telegram: TelegramStandIn, tmp_path: Path
) -> None:
    telegram.revoke()
    async with hub_at(tmp_path, telegram=telegram) as office:
        await soon(lambda: "TELEGRAM_BOT_TOKEN" in problem(office))
        assert not office.hub.bridges["telegram"].health.connected
        telegram.restore()
        await soon(lambda: office.hub.bridges["telegram"].health.connected and not problem(office))
        async with Citizen(office.url) as citizen:
            await asks(citizen, telegram)


async def test_updates_in_shapes_nobody_knows_hold_nothing_up(
    telegram: TelegramStandIn, office: RunningHub, citizen: Citizen
) -> None:
    topic = await asks(citizen, telegram)
    for strange in ({}, {"message_id": "x"}, {"message_id": 1, "date": 0, "chat": {"id": "x"}}, []):
        telegram.updates.offer("message", strange)  # type: ignore[arg-type]
    telegram.updates.offer("callback_query", {"id": "1"})
    await telegram.operator_says("anna", "Eccomi", thread=topic.id)
    await until(office, citizen, lambda found: "Eccomi" in texts(found))
    await settled(telegram)


async def test_a_telegram_that_never_answers_does_not_hold_up_the_end(
    telegram: TelegramStandIn, tmp_path: Path
) -> None:
    telegram.faults.add("*", Hang(), times=None)
    loop = asyncio.get_running_loop()
    async with hub_at(tmp_path, telegram=telegram) as office, Citizen(office.url) as citizen:
        await citizen.start("Buongiorno")
        await telegram.wait_for(lambda: calls(telegram, "createForumTopic"), PATIENCE)
        began = loop.time()
    assert loop.time() - began < PATIENCE
