"""Conversations on Telegram: the real hub and python-telegram-bot, with a stand-in over real sockets."""

from pathlib import Path

import pytest

from models.tables import What
from tests.citizen import Citizen
from tests.hub import RunningHub, hub_at
from tests.office import entries, luca, next_answer, soon, texts, until
from tests.platforms.telegram import BOT_USERNAME, FloodWait, Kind, TelegramStandIn
from tests.telegram_office import (  # noqa: F401 - used by name
    PATIENCE,
    asks,
    calls,
    citizen_fixture,
    listening,
    office_fixture,
    replies,
    settled,
    telegram_fixture,
)

# A conversation ----------------------------------------------------------------------------------


async def test_a_question_becomes_a_topic_and_its_answer_reaches_the_citizen(
    telegram: TelegramStandIn, citizen: Citizen
) -> None:
    topic = await asks(citizen, telegram, "A che ora aprite?", page="https://www.comune.example/orari")
    assert topic.name == "🟡 Maria Rossi · orari"
    (first,) = telegram.thread(topic.id)
    for expected in ("Maria Rossi", "https://www.comune.example/orari", "Lingua: it", "A che ora aprite?"):
        assert expected in first.text
    assert first.buttons == ("Prendo io", "Chiudi", "Passa a…", "Blocca…")
    assert not first.previewed
    async with citizen.listening() as stream:
        await telegram.operator_says("anna", "Alle 8:30", thread=topic.id)
        joined = await stream.next("operator")
        answer = await next_answer(stream)
    assert joined.data["name"] == "Anna"
    assert (answer["text"], answer["name"]) == ("Alle 8:30", "Anna")


async def test_further_messages_come_into_the_same_topic_in_order(
    telegram: TelegramStandIn, citizen: Citizen
) -> None:
    topic = await asks(citizen, telegram, "uno")
    for word in ("due", "tre", "quattro"):
        await citizen.say(word)
    shown = await replies(telegram, topic, 3)
    assert [message.text for message in shown] == [f"Maria Rossi: {w}" for w in ("due", "tre", "quattro")]
    assert len(telegram.topics()) == 1
    assert telegram.messages() == []


async def test_two_conversations_have_two_topics(telegram: TelegramStandIn, office: RunningHub) -> None:
    async with Citizen(office.url) as maria, Citizen(office.url) as piero:
        first = await asks(maria, telegram, "uno")
        second = await asks(piero, telegram, "due", name="Piero Neri")
        await telegram.operator_says("anna", "a Piero", thread=second.id)
        await telegram.operator_says("anna", "a Maria", thread=first.id)
        await settled(telegram)
        assert texts(await entries(office, maria)) == ["uno", "a Maria"]
        assert texts(await entries(office, piero)) == ["due", "a Piero"]


@pytest.mark.parametrize("kind", [Kind.GROUP, Kind.SUPERGROUP])
async def test_without_topics_a_conversation_is_a_chain_of_replies(tmp_path: Path, kind: Kind) -> None:
    async with (
        TelegramStandIn(kind) as telegram,
        hub_at(tmp_path, telegram=telegram) as office,
        Citizen(office.url) as maria,
        Citizen(office.url) as piero,
    ):
        await maria.start("uno", name="Maria Rossi")
        (root,) = await telegram.wait_for(telegram.messages, PATIENCE)
        await piero.start("altro", name="Piero Neri")
        await telegram.wait_for(lambda: len(telegram.messages()) == 2, PATIENCE)
        assert root.buttons == ("Prendo io", "Chiudi", "Passa a…", "Blocca…")
        said = await telegram.operator_says("anna", "risposta", reply_to=root.id)
        await settled(telegram)
        await maria.say("due")
        chain = await telegram.wait_for(
            lambda: telegram.chain(root.id) if len(telegram.chain(root.id)) == 3 else [], PATIENCE
        )
        assert chain[-1].text == "Maria Rossi: due"
        await telegram.operator_says("marco", "al secondo messaggio", reply_to=chain[-1].id)
        await telegram.operator_says("marco", "a una collega", reply_to=said)
        await telegram.operator_says("marco", "a nessuno")
        await settled(telegram)
        found = texts(await entries(office, maria))
        assert found == ["uno", "risposta", "due", "al secondo messaggio", "a una collega"]
        assert texts(await entries(office, piero)) == ["altro"]


MARKUP = (
    "<b>Io</b> &amp; <a href='https://male.example'>qui</a> *bold* _it_ `x` [qui](https://male.example) "
    "@anna @channel /close /close@linea_diretta_bot"
)


async def test_a_citizens_text_is_shown_as_text_and_calls_nobody(
    telegram: TelegramStandIn, citizen: Citizen
) -> None:
    topic = await asks(citizen, telegram, MARKUP, name="@marco /help", page="https://c.example/<b>?a=1&b=2")
    await citizen.say(MARKUP)
    (again,) = await replies(telegram, topic, 1)
    first = telegram.thread(topic.id)[0]
    assert MARKUP in first.text
    assert again.text == f"@marco /help: {MARKUP}"
    for message in (first, again):
        assert not [live for live in message.live if not live.startswith("http")], message.live
        assert not message.previewed


async def test_a_citizens_long_text_is_shown_whole(telegram: TelegramStandIn, citizen: Citizen) -> None:
    words = " ".join(f"🏛{number}" for number in range(1000))[:4000].rsplit(" ", 1)[0]
    topic = await asks(citizen, telegram, words)
    shown = [telegram.thread(topic.id)[0], *await replies(telegram, topic, 1)]
    assert " ".join(message.text for message in shown).partition("\n\n")[2].split()[2:] == words.split()
    assert [bool(message.buttons) for message in shown] == [True, False]


async def test_an_operators_notation_reaches_the_citizen_as_plain_text(
    telegram: TelegramStandIn, office: RunningHub, citizen: Citizen
) -> None:
    topic = await asks(citizen, telegram)
    link = {"type": "text_link", "offset": 9, "length": 3, "url": "https://www.comune.example/a?b=1&c=2"}
    await telegram.operator_says("anna", "🎉 Veda <qui> & *là*", thread=topic.id, entities=[link])
    found = await until(office, citizen, lambda found: len(texts(found)) == 2)
    assert texts(found)[1] == "🎉 Veda <qui (https://www.comune.example/a?b=1&c=2)> & *là*"


async def test_what_is_no_text_is_put_into_words_or_told_to_the_operator(
    telegram: TelegramStandIn, office: RunningHub, citizen: Citizen
) -> None:
    topic = await asks(citizen, telegram)
    place = {"location": {"latitude": 43.86, "longitude": 11.16}}
    await telegram.operator_says("anna", thread=topic.id, extra=place)
    found = await until(office, citizen, lambda found: len(texts(found)) == 2)
    assert texts(found)[1] == "📍 43.86000, 11.16000"
    poll = {
        "id": "1", "question": "Quando?", "options": [], "total_voter_count": 0, "is_closed": False,
        "is_anonymous": True, "type": "regular", "allows_multiple_answers": False, "allows_revoting": False,
        "members_only": False,
    }  # fmt: skip
    await telegram.operator_says("anna", thread=topic.id, extra={"poll": poll})
    (told,) = [m for m in await replies(telegram, topic, 3) if m.is_bot]
    assert told.text == "✗ (poll)"
    assert len(texts(await entries(office, citizen))) == 2


async def test_a_citizen_who_types_is_seen_typing_in_the_topic(
    telegram: TelegramStandIn, citizen: Citizen
) -> None:
    topic = await asks(citizen, telegram)
    await citizen.call("POST", "/typing")
    await telegram.wait_for(lambda: telegram.actions, PATIENCE)
    assert telegram.actions == [(telegram.chat, topic.id, "typing")]


# General, other people, other bots ---------------------------------------------------------------


async def test_what_colleagues_say_outside_a_conversation_stays_there(
    telegram: TelegramStandIn, office: RunningHub, citizen: Citizen
) -> None:
    topic = await asks(citizen, telegram)
    own = await telegram.operator_opens_topic("anna", "Turni")
    talk = await telegram.operator_says("anna", "pausa caffè?")
    # A reply in General carries a thread's number that means nothing, here even that of a conversation.
    trap = {"message_thread_id": topic.id}
    await telegram.operator_says("marco", "volentieri", reply_to=talk, extra=trap)
    await telegram.operator_says("marco", "giovedì io", thread=own)
    await telegram.operator_says("marco", "/bello questo strumento")
    await settled(telegram)
    assert texts(await entries(office, citizen)) == ["Buongiorno"]
    assert [message.is_bot for message in telegram.messages()] == [False] * 3
    assert not any(message.is_bot for message in telegram.thread(own))


async def test_no_request_ever_names_the_topic_general(telegram: TelegramStandIn, office: RunningHub) -> None:
    await telegram.operator_says("anna", "/hours")
    await telegram.wait_for(lambda: [m for m in telegram.messages() if m.is_bot], PATIENCE)
    await office.hub.announce("one", "L'ufficio è aperto")
    await telegram.wait_for(lambda: len([m for m in telegram.messages() if m.is_bot]) == 2, PATIENCE)
    assert all("message_thread_id" not in arguments for arguments in calls(telegram, "sendMessage"))


async def test_an_anonymous_administrator_answers_in_the_offices_name(
    telegram: TelegramStandIn, office: RunningHub, citizen: Citizen
) -> None:
    topic = await asks(citizen, telegram)
    await telegram.operator_says("anna", "in incognito", thread=topic.id, anonymous=True)
    await telegram.operator_says(
        "anna", "con la firma", thread=topic.id, anonymous=True, signature="Sportello"
    )
    found = await until(office, citizen, lambda found: len(texts(found)) == 3)
    assert [(r.text, r.name) for r in found if r.kind == What.MESSAGE][1:] == [
        ("in incognito", "URP – Comune di Prova"),
        ("con la firma", "Sportello"),
    ]


async def test_other_bots_and_channels_do_not_speak_to_the_citizen(
    telegram: TelegramStandIn, office: RunningHub, citizen: Citizen
) -> None:
    topic = await asks(citizen, telegram)
    telegram.add_user("meteo_bot", "Meteo", is_bot=True)
    await telegram.operator_says("meteo_bot", "piove", thread=topic.id)
    await telegram.operator_says("anna", "notizia", thread=topic.id, channel=-1_002_000_000_000)
    await settled(telegram)
    assert texts(await entries(office, citizen)) == ["Buongiorno"]


async def test_a_strangers_group_has_no_say(telegram: TelegramStandIn, office: RunningHub) -> None:
    elsewhere = telegram.add_chat(Kind.SUPERGROUP, "Altri")
    await telegram.operator_says("marco", "/offline", chat=elsewhere)
    await settled(telegram)
    assert office.hub.office().open
    assert not any(message.is_bot for message in telegram.messages(elsewhere))


# Edits and deletions -----------------------------------------------------------------------------


async def test_an_operators_edit_reaches_the_citizen(telegram: TelegramStandIn, citizen: Citizen) -> None:
    topic = await asks(citizen, telegram)
    async with citizen.listening() as stream:
        said = await telegram.operator_says("anna", "Alle 8", thread=topic.id)
        answer = await next_answer(stream)
        await telegram.operator_edits(said, "Alle 8:30")
        edited = await stream.next("edited")
    assert edited.data["text"] == "Alle 8:30"
    assert answer["seq"] in edited.data.values()


async def test_edits_and_deletions_made_elsewhere_show_in_the_topic(
    telegram: TelegramStandIn, office: RunningHub, citizen: Citizen
) -> None:
    topic = await asks(citizen, telegram)
    await office.hub.operator_wrote(luca("1", "m1"), citizen.id, "Alle *8*")
    (reply,) = await replies(telegram, topic, 1)
    assert reply.text == "Luca Verdi: Alle *8*"
    await office.hub.operator_edited(luca("2", "m1"), "Alle 8:30")
    await telegram.wait_for(lambda: telegram.thread(topic.id)[1].edited, PATIENCE)
    (again,) = telegram.thread(topic.id)[1:]
    assert (again.id, again.text) == (reply.id, "Luca Verdi: Alle 8:30 (modificato)")
    await office.hub.operator_deleted(luca("3", "m1"))
    await telegram.wait_for(lambda: not telegram.thread(topic.id)[1:], PATIENCE)


async def test_what_is_too_old_to_be_deleted_loses_its_words(
    telegram: TelegramStandIn, office: RunningHub, citizen: Citizen
) -> None:
    topic = await asks(citizen, telegram)
    await office.hub.operator_wrote(luca("1", "m1"), citizen.id, "La password è 1234")
    (reply,) = await replies(telegram, topic, 1)
    telegram.set_rights(can_delete_messages=False)
    reply.wire.too_old = True
    await office.hub.operator_deleted(luca("2", "m1"))
    await telegram.wait_for(lambda: telegram.thread(topic.id)[1].edited, PATIENCE)
    assert telegram.thread(topic.id)[1].text == "(messaggio cancellato)"


async def test_an_edit_of_what_somebody_removed_from_telegram_is_told_and_holds_nothing_up(
    telegram: TelegramStandIn, office: RunningHub, citizen: Citizen
) -> None:
    topic = await asks(citizen, telegram)
    await office.hub.operator_wrote(luca("1", "m1"), citizen.id, "Alle 8")
    (reply,) = await replies(telegram, topic, 1)
    await telegram.operator_deletes(reply.id)
    await office.hub.operator_edited(luca("2", "m1"), "Alle 8:30")
    await office.hub.operator_deleted(luca("3", "m1"))
    await office.hub.operator_wrote(luca("4"), citizen.id, "A domani")
    shown = await telegram.wait_for(
        lambda: [m for m in telegram.thread(topic.id)[1:] if m.text == "Luca Verdi: A domani"], PATIENCE
    )
    assert len(shown) == 1
    assert "Luca Verdi: Alle 8:30 (modificato)" in [m.text for m in telegram.thread(topic.id)]


# Commands, buttons, topics that operators close --------------------------------------------------


async def test_the_buttons_take_and_close(
    telegram: TelegramStandIn, office: RunningHub, citizen: Citizen
) -> None:
    topic = await asks(citizen, telegram)
    (first,) = telegram.thread(topic.id)
    await telegram.operator_presses("anna", first.id, "take")
    found = await until(office, citizen, lambda found: any(r.kind == What.OPERATOR for r in found))
    assert [r.name for r in found if r.kind == What.OPERATOR] == ["Anna Bianchi"]
    (told,) = await replies(telegram, topic, 1)
    assert told.text == "Se ne occupa Anna Bianchi"
    await telegram.operator_presses("anna", first.id, "close")
    await until(office, citizen, lambda found: any(record.kind == What.CLOSED for record in found))
    assert "chiusa da Anna Bianchi" in (await replies(telegram, topic, 2))[-1].text
    await telegram.wait_for(lambda: telegram.topics()[0].is_closed, PATIENCE)
    await telegram.wait_for(lambda: all(query.answered for query in telegram.queries.values()), PATIENCE)


async def test_a_conversation_is_passed_to_a_department_from_a_list(
    telegram: TelegramStandIn, tmp_path: Path
) -> None:
    taxes = telegram.add_chat(Kind.FORUM, "Tributi")
    departments = [{"name": "Anagrafe"}, {"name": "Tributi", "telegram": {"chat": taxes}}]
    async with (
        hub_at(tmp_path, telegram=telegram, departments=departments) as office,
        Citizen(office.url) as citizen,
    ):
        topic = await asks(citizen, telegram, "Devo pagare l'IMU")
        (first,) = telegram.thread(topic.id)
        await telegram.operator_presses("anna", first.id, "pass")
        await telegram.wait_for(lambda: "Tributi" in telegram.thread(topic.id)[0].buttons, PATIENCE)
        await telegram.operator_presses("anna", first.id, "←")
        await telegram.wait_for(lambda: "Chiudi" in telegram.thread(topic.id)[0].buttons, PATIENCE)
        await telegram.operator_presses("anna", first.id, "pass")
        await telegram.wait_for(lambda: "Tributi" in telegram.thread(topic.id)[0].buttons, PATIENCE)
        await telegram.operator_presses("anna", first.id, "Tributi")
        (there,) = await telegram.wait_for(lambda: telegram.topics(taxes), PATIENCE)
        await telegram.wait_for(
            lambda: any("Devo pagare l'IMU" in m.text for m in telegram.thread(there.id, taxes)), PATIENCE
        )
        await telegram.operator_says("marco", "Ci penso io", thread=there.id, chat=taxes)
        await until(office, citizen, lambda found: "Ci penso io" in texts(found))


async def test_a_departments_conversations_go_to_its_own_group(
    telegram: TelegramStandIn, tmp_path: Path
) -> None:
    taxes = telegram.add_chat(Kind.SUPERGROUP, "Tributi")
    departments = [{"name": "Tributi", "when": {"page": "*/tributi/*"}, "telegram": {"chat": taxes}}]
    async with (
        hub_at(tmp_path, telegram=telegram, departments=departments) as office,
        Citizen(office.url) as citizen,
    ):
        await citizen.start("IMU?", page="https://www.comune.example/tributi/imu")
        (root,) = await telegram.wait_for(lambda: telegram.messages(taxes), PATIENCE)
        assert "Ufficio: Tributi" in root.text
        assert telegram.topics() == []
        await telegram.operator_says("marco", "Eccomi", reply_to=root.id, chat=taxes)
        await until(office, citizen, lambda found: "Eccomi" in texts(found))


async def test_commands_are_obeyed_and_never_shown_to_the_citizen(
    telegram: TelegramStandIn, office: RunningHub, citizen: Citizen
) -> None:
    topic = await asks(citizen, telegram)
    await telegram.operator_says("anna", "/note chiamare il geometra", thread=topic.id)
    await telegram.operator_says("anna", "/chiudi", thread=topic.id)
    await telegram.wait_for(
        lambda: any("non è un comando" in m.text for m in telegram.thread(topic.id)), PATIENCE
    )
    mistyped = await telegram.operator_says("anna", "/colse", thread=topic.id)
    await telegram.operator_edits(mistyped, "/close")
    await telegram.operator_says("anna", "/close@altro_bot", thread=topic.id)
    await settled(telegram)
    assert not await entries(office, citizen, What.CLOSED)
    await telegram.operator_says("anna", f"/close@{BOT_USERNAME}", thread=topic.id)
    found = await until(office, citizen, lambda found: any(record.kind == What.CLOSED for record in found))
    assert texts(found) == ["Buongiorno"]
    assert texts(found, What.NOTE) == ["chiamare il geometra"]


async def test_a_note_is_for_colleagues_only_even_when_it_is_changed(
    telegram: TelegramStandIn, office: RunningHub, citizen: Citizen
) -> None:
    topic = await asks(citizen, telegram)
    async with citizen.listening() as stream:
        note = await telegram.operator_says("anna", "/note è già stata qui", thread=topic.id)
        await telegram.operator_edits(note, "/note è già stata qui due volte")
        await telegram.operator_edits(note, "è già stata qui due volte")
        await telegram.operator_says("anna", "Eccomi", thread=topic.id)
        answer = await next_answer(stream)
    assert answer["text"] == "Eccomi"
    transcript = await citizen.call("GET", "/transcript")
    assert "già stata" not in transcript.text
    assert len(await entries(office, citizen, What.NOTE)) == 1


async def test_a_topic_that_an_operator_closes_ends_the_conversation_and_a_new_message_opens_it(
    telegram: TelegramStandIn, office: RunningHub, citizen: Citizen
) -> None:
    topic = await asks(citizen, telegram)
    await telegram.operator_closes_topic("marco", topic.id)
    found = await until(office, citizen, lambda found: any(record.kind == What.CLOSED for record in found))
    assert [r.name for r in found if r.kind == What.CLOSED] == ["Marco Rossi"]
    await replies(telegram, topic, 1)
    await citizen.say("Ancora una cosa")
    shown = await replies(telegram, topic, 3)
    assert [m.text for m in shown][1:] == ["Conversazione riaperta", "Maria Rossi: Ancora una cosa"]
    await telegram.wait_for(lambda: not telegram.topics()[0].is_closed, PATIENCE)
    await telegram.operator_says("marco", "Dica", thread=topic.id)
    found = await until(office, citizen, lambda found: "Dica" in texts(found))
    assert len([record for record in found if record.kind == What.CLOSED]) == 1


async def test_the_line_is_closed_and_opened_from_the_group(
    telegram: TelegramStandIn, office: RunningHub
) -> None:
    await telegram.operator_says("anna", "/offline")
    answer = await telegram.wait_for(lambda: [m for m in telegram.messages() if m.is_bot], PATIENCE)
    assert "Linea diretta chiusa da Anna Bianchi" in answer[0].text
    assert not office.hub.office().open
    await telegram.operator_says("anna", "/online")
    await telegram.wait_for(
        lambda: [m for m in telegram.messages() if "secondo l'orario" in m.text], PATIENCE
    )
    assert office.hub.office().open


async def test_the_commands_are_offered_as_one_types(telegram: TelegramStandIn, office: RunningHub) -> None:
    (offered,) = await telegram.wait_for(lambda: list(telegram.commands.values()), PATIENCE)
    assert {"take", "close", "pass", "note", "help"} <= {command["command"] for command in offered}
    assert telegram.updates.allowed >= {"message", "edited_message", "callback_query", "my_chat_member"}


# Other things that operators see -----------------------------------------------------------------


async def test_a_message_left_while_closed_comes_with_all_that_is_needed_to_call_back(
    telegram: TelegramStandIn, office: RunningHub
) -> None:
    async with Citizen(office.url) as citizen:
        body = {
            "client_id": "c" * 16, "name": "Maria Rossi", "phone": "+39 055 123456", "email": "m@example.org",
            "text": "Richiamatemi <b>", "consent": True,
        }  # fmt: skip
        answer = await citizen.http.post("/api/callbacks", json=body)
        assert answer.status_code == 201, answer.text
    (topic,) = await telegram.wait_for(telegram.topics, PATIENCE)
    (shown,) = await telegram.wait_for(lambda: telegram.thread(topic.id), PATIENCE)
    for expected in (answer.json()["reference"], "Maria Rossi", "055", "m@example.org", "Richiamatemi <b>"):
        assert expected in shown.text
    await telegram.operator_says("anna", "Richiamata alle 10", thread=topic.id)
    (_, told) = await replies(telegram, topic, 2)
    assert "nota" in told.text.lower()


async def test_messages_that_waited_come_together_each_with_its_time(
    telegram: TelegramStandIn, citizen: Citizen
) -> None:
    topic = await asks(citizen, telegram, "uno")
    telegram.faults.add("sendMessage", FloodWait(retry_after=4))
    for word in ("due", "tre", "quattro"):
        await citizen.say(word)
    (reply,) = await replies(telegram, topic, 1)
    lines = reply.text.splitlines()
    assert [line.partition(" ")[2] for line in lines] == [
        f"Maria Rossi: {w}" for w in ("due", "tre", "quattro")
    ]


async def test_a_joined_posts_messages_are_still_edited_one_by_one(
    telegram: TelegramStandIn, office: RunningHub, citizen: Citizen
) -> None:
    topic = await asks(citizen, telegram, "uno")
    telegram.faults.add("sendMessage", FloodWait(retry_after=4))
    for number in ("1", "2"):
        await office.hub.operator_wrote(luca(number, f"m{number}"), citizen.id, f"numero {number}")
    await replies(telegram, topic, 1)
    await office.hub.operator_edited(luca("3", "m2"), "numero due")
    await telegram.wait_for(lambda: telegram.thread(topic.id)[1].edited, PATIENCE)
    (reply,) = telegram.thread(topic.id)[1:]
    assert "Luca Verdi: numero 1\n" in reply.text
    assert reply.text.endswith("Luca Verdi: numero due (modificato)")


async def test_health_tells_the_bots_name_and_what_the_group_is(
    telegram: TelegramStandIn, office: RunningHub
) -> None:
    health = office.hub.bridges["telegram"].health
    await soon(lambda: health.connected and f"chat {telegram.chat}" in health.details)
    assert health.details["bot"] == f"@{BOT_USERNAME}"
    assert health.details[f"chat {telegram.chat}"] == "topics"
    assert health.problem is None
