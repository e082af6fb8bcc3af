"""One conversation on Slack and on Telegram at once: each shows all of it, nothing comes back, nothing twice."""

from collections.abc import Callable

import pytest

from models.tables import What
from tests import pictures
from tests.both_office import Both, both_fixture, office_fixture  # noqa: F401 - used by name
from tests.citizen import Citizen
from tests.hub import RunningHub
from tests.office import PDF, entries, next_answer, send_file, texts, until
from tests.platforms.slack import Hang as SlackHang
from tests.platforms.slack import Shown as SlackShown
from tests.platforms.slack import SlackStandIn
from tests.platforms.telegram import FloodWait, Refused, TelegramStandIn
from tests.slack_office import slack_fixture  # noqa: F401 - used by name
from tests.telegram_office import PATIENCE, listening, telegram_fixture  # noqa: F401 - used by name


async def test_replies_from_either_reach_the_citizen_and_the_other_with_the_operators_name(
    both: Both,
) -> None:
    async with both.maria.listening() as stream:
        await both.from_slack("Alle 8:30")
        first = await next_answer(stream)
        await both.telegram_shows("Anna Bianchi: Alle 8:30")
        await both.from_telegram("e il sabato no")
        second = await next_answer(stream)
        await both.slack_shows("Alle 8:30", "Marco Rossi: e il sabato no")
        await both.maria.say("Grazie")
        await both.slack_shows("Alle 8:30", "Marco Rossi: e il sabato no", "Maria Rossi: Grazie")
        await both.telegram_shows("Anna Bianchi: Alle 8:30", "e il sabato no", "Maria Rossi: Grazie")
    assert [(answer["text"], answer["name"]) for answer in (first, second)] == [
        ("Alle 8:30", "Anna"),
        ("e il sabato no", "Marco"),
    ]
    await both.settled()
    assert texts(await entries(both.office, both.maria)) == [
        "Buongiorno", "Alle 8:30", "e il sabato no", "Grazie",
    ]  # fmt: skip


async def test_edits_show_on_the_other_platform_in_the_message_they_are_about(both: Both) -> None:
    on_slack = await both.from_slack("Alle 8")
    await both.telegram_shows("Anna Bianchi: Alle 8")
    on_telegram = await both.from_telegram("il sabato sì")
    await both.slack_shows("Alle 8", "Marco Rossi: il sabato sì")
    await both.slack.operator_edits(on_slack, "Alle 8:30")
    await both.telegram_shows("Anna Bianchi: Alle 8:30 (modificato)", "il sabato sì")
    await both.telegram.operator_edits(on_telegram, "il sabato no")
    await both.slack_shows("Alle 8:30", "Marco Rossi: il sabato no (modificato)")
    await both.settled()
    assert texts(await entries(both.office, both.maria), What.EDITED) == ["Alle 8:30", "il sabato no"]


async def test_a_reply_taken_back_on_slack_goes_from_telegram_too(both: Both) -> None:
    said = await both.from_slack("la password è 1234")
    await both.telegram_shows("Anna Bianchi: la password è 1234")
    await both.slack.operator_deletes(said)
    await both.telegram_shows()
    found = await entries(both.office, both.maria, What.DELETED)
    assert len(found) == 1


async def test_files_go_from_each_to_the_other_and_from_the_citizen_to_both(both: Both) -> None:
    await both.slack.operator_says("anna", "Il modulo", thread_ts=both.root, files=[("modulo.pdf", PDF)])
    (shown,) = await both.telegram.wait_for(lambda: both.telegram.thread(both.topic.id)[1:], PATIENCE)
    assert (shown.file, shown.text) == ("modulo.pdf", "Anna Bianchi: Il modulo")
    assert shown.wire.file is not None
    assert shown.wire.file.content == PDF
    await both.telegram.operator_says("marco", "La guida", thread=both.topic.id, file=("guida.pdf", PDF))
    await both.slack.wait_for(
        lambda: _files(both.slack.thread(both.root)) == ["modulo.pdf", "guida.pdf"], PATIENCE
    )
    assert "Marco Rossi: La guida" in both.on_slack()
    await send_file(both.maria)
    everything = ["modulo.pdf", "guida.pdf", "foto del modulo.pdf"]
    await both.slack.wait_for(lambda: _files(both.slack.thread(both.root)) == everything, PATIENCE)
    await both.telegram.wait_for(
        lambda: [m.file for m in both.telegram.thread(both.topic.id) if m.file] == everything, PATIENCE
    )
    await both.settled()
    assert len(await entries(both.office, both.maria, What.FILE)) == 3


async def test_a_citizens_photo_is_a_picture_on_both_without_the_place_it_was_taken_at(both: Both) -> None:
    answer = await both.maria.call(
        "POST", "/files", data={"client_id": "f" * 16}, files={"file": ("buca.jpg", pictures.jpeg(6))}
    )
    assert answer.status_code == 201, answer.text
    (on_telegram,) = await both.telegram.wait_for(
        lambda: [m.wire.file for m in both.telegram.thread(both.topic.id) if m.wire.file], PATIENCE
    )
    (on_slack,) = await both.slack.wait_for(
        lambda: [f for f in both.slack.workspace.files.values() if f.completed], PATIENCE
    )
    assert (on_telegram.kind, on_slack.name) == ("photo", "buca.jpg")
    for content in (on_telegram.content, on_slack.content):
        assert content is not None
        assert not [secret for secret in pictures.SECRETS if secret in content]
        assert pictures.opened(content).size == (32, 64)


async def test_an_album_on_telegram_is_on_slack_and_with_the_citizen_in_order_with_its_words_once(
    both: Both,
) -> None:
    async with both.maria.listening() as stream:
        bold = [{"type": "bold", "offset": 7, "length": 6}]
        for number, words in enumerate(("Le tre piante", "", "")):
            await both.telegram.operator_says(
                "marco", words, file=(f"{number}.jpg", pictures.jpeg(1 + number)), kind="photo", album="9",
                thread=both.topic.id, entities=bold if words else None,
            )  # fmt: skip
        got = [(await stream.next("file")).data for _ in range(3)]
    assert [event["text"] for event in got] == ["Le tre piante", "", ""]
    assert [event["file"]["type"] for event in got] == ["image/jpeg"] * 3
    assert got[0]["marks"] == [[7, 13, "bold"]]
    names = [event["file"]["name"] for event in got]
    await both.slack.wait_for(lambda: _files(both.slack.thread(both.root)) == names, PATIENCE)
    await both.settled()
    assert [text for text in both.on_slack() if "piante" in text] == ["Marco Rossi: Le tre piante"]


async def test_the_words_beside_a_file_keep_their_marks_from_slack_to_telegram(both: Both) -> None:
    async with both.maria.listening() as stream:
        await both.slack.operator_says("anna", "Il *modulo*", thread_ts=both.root, files=[("m.pdf", PDF)])
        event = (await stream.next("file")).data
    assert (event["text"], event["marks"]) == ("Il modulo", [[3, 9, "bold"]])
    (shown,) = await both.telegram.wait_for(
        lambda: [m for m in both.telegram.thread(both.topic.id) if m.file], PATIENCE
    )
    assert shown.text == "Anna Bianchi: Il modulo"
    bold = [shown.text[e["offset"] :][: e["length"]] for e in shown.wire.entities if e["type"] == "bold"]
    assert bold == ["Anna Bianchi", "modulo"]


async def test_a_voice_message_on_telegram_reaches_the_citizen_and_slack(both: Both) -> None:
    async with both.maria.listening() as stream:
        voice = b"OggS\x00\x02" + bytes(22) + b"\x01\x13OpusHead" + bytes(40)
        await both.telegram.operator_says("marco", file=("v", voice), kind="voice", thread=both.topic.id)
        event = (await stream.next("file")).data
    assert event["file"]["type"] == "audio/ogg"
    await both.slack.wait_for(
        lambda: _files(both.slack.thread(both.root)) == [event["file"]["name"]], PATIENCE
    )


def _files(thread: list[SlackShown]) -> list[str]:
    return [name for message in thread for name in message.files]


async def test_notes_are_for_colleagues_on_both_and_never_for_the_citizen(both: Both) -> None:
    await both.from_telegram("/note è già stata qui")
    await both.slack_shows("📝 Marco Rossi: è già stata qui")
    await both.from_slack("!note chiamare il geometra")
    await both.telegram.wait_for(
        lambda: "📝 Anna Bianchi: chiamare il geometra" in both.on_telegram(), PATIENCE
    )
    async with both.maria.listening(last=0) as stream:
        await both.from_slack("Eccomi")
        answer = await next_answer(stream)
    assert answer["text"] == "Eccomi"
    transcript = (await both.maria.call("GET", "/transcript")).text
    assert "già stata" not in transcript
    assert "geometra" not in transcript


async def test_who_takes_it_and_who_closes_it_is_said_on_both(both: Both) -> None:
    await both.slack.operator_presses("anna", both.root, "take")
    await both.telegram_shows("Se ne occupa Anna Bianchi")
    await both.telegram.operator_closes_topic("marco", both.topic.id)
    await both.slack.wait_for(lambda: "Conversazione chiusa da Marco Rossi" in both.on_slack()[-1:], PATIENCE)
    await both.telegram_shows("Se ne occupa Anna Bianchi", "Conversazione chiusa da Marco Rossi")
    await both.maria.say("Ancora una cosa")
    await both.telegram.wait_for(lambda: not both.telegram.topics()[0].is_closed, PATIENCE)
    await both.slack.wait_for(lambda: both.on_slack()[-1:] == ["Maria Rossi: Ancora una cosa"], PATIENCE)
    await both.slack.wait_for(lambda: "close" in both.slack.thread(both.root)[0].buttons, PATIENCE)
    await both.slack.operator_presses("anna", both.root, "close")
    await both.telegram.wait_for(lambda: both.telegram.topics()[0].is_closed, PATIENCE)
    assert both.on_telegram()[-1] == "Conversazione chiusa da Anna Bianchi"
    await both.settled()
    assert len(await entries(both.office, both.maria, What.CLOSED)) == 2


async def test_what_an_operator_writes_in_a_closed_conversation_opens_it_again_on_both(both: Both) -> None:
    await both.from_telegram("/close")
    await both.telegram.wait_for(lambda: both.telegram.topics()[0].is_closed, PATIENCE)
    async with both.maria.listening() as stream:
        await both.from_slack("Dimenticavo: porti un documento")
        assert (await next_answer(stream))["text"] == "Dimenticavo: porti un documento"
    await both.telegram.wait_for(lambda: not both.telegram.topics()[0].is_closed, PATIENCE)
    await both.slack.wait_for(lambda: "close" in both.slack.thread(both.root)[0].buttons, PATIENCE)
    await both.from_slack("!close")
    await both.telegram.wait_for(lambda: both.telegram.topics()[0].is_closed, PATIENCE)
    await both.telegram.operator_reopens_topic("marco", both.topic.id)
    await both.from_telegram("E una marca da bollo")
    found = await until(both.office, both.maria, lambda found: "E una marca da bollo" in texts(found))
    assert len([record for record in found if record.kind == What.REOPENED]) == 2
    await both.slack.wait_for(lambda: "Marco Rossi: E una marca da bollo" in both.on_slack(), PATIENCE)
    await both.slack.wait_for(lambda: "close" in both.slack.thread(both.root)[0].buttons, PATIENCE)


async def test_the_answer_to_a_command_comes_only_where_it_was_given(both: Both) -> None:
    await both.from_telegram("/who")
    await both.telegram.wait_for(lambda: len(both.on_telegram()) == 2, PATIENCE)
    await both.from_slack("!who")
    await both.slack.wait_for(lambda: len(both.on_slack()) == 2, PATIENCE)
    await both.from_slack("Eccomi")
    await both.telegram.wait_for(lambda: both.on_telegram()[-1] == "Anna Bianchi: Eccomi", PATIENCE)
    assert len(both.on_telegram()) == 3
    assert len(both.on_slack()) == 3


async def test_the_line_closed_from_one_is_announced_on_both_once(both: Both) -> None:
    await both.slack.operator_says("anna", "!offline")
    told: list[Callable[[], list[str]]] = [
        lambda: [m.text for m in both.slack.messages() if "chiusa da Anna Bianchi" in m.text],
        lambda: [m.text for m in both.telegram.messages() if "chiusa da Anna Bianchi" in m.text],
    ]
    await both.slack.wait_for(told[0], PATIENCE)
    await both.telegram.wait_for(told[1], PATIENCE)
    await both.telegram.operator_says("marco", "/online")
    await both.telegram.wait_for(
        lambda: [m for m in both.telegram.messages() if "secondo l'orario" in m.text], PATIENCE
    )
    await both.slack.wait_for(
        lambda: [m for m in both.slack.messages() if "secondo l'orario" in m.text], PATIENCE
    )
    assert [len(each()) for each in told] == [1, 1]


async def test_a_message_left_while_closed_reaches_both_once(
    office: RunningHub, slack: SlackStandIn, telegram: TelegramStandIn
) -> None:
    body = {
        "client_id": "c" * 16, "name": "Maria Rossi", "phone": "+39 055 123456", "email": "m@example.org",
        "text": "Richiamatemi", "consent": True,
    }  # fmt: skip
    async with Citizen(office.url) as maria:
        answers = [await maria.http.post("/api/callbacks", json=body) for _ in range(3)]
    references = {answer.json()["reference"] for answer in answers}
    assert len(references) == 1
    (root,) = await slack.wait_for(slack.messages, PATIENCE)
    (topic,) = await telegram.wait_for(telegram.topics, PATIENCE)
    (shown,) = await telegram.wait_for(lambda: telegram.thread(topic.id), PATIENCE)
    for expected in (*references, "Maria Rossi", "055", "m@example.org", "Richiamatemi"):
        assert expected in root.text
        assert expected in shown.text
    await office.hub.announce("afterwards", "fine")
    await slack.wait_for(lambda: slack.messages()[-1].text == "fine", PATIENCE)
    await telegram.wait_for(telegram.messages, PATIENCE)
    assert (len(slack.messages()), len(telegram.topics())) == (2, 1)


async def test_what_both_deliver_again_changes_nothing_anywhere(both: Both) -> None:
    await both.from_slack("uno")
    await both.telegram_shows("Anna Bianchi: uno")
    await both.from_telegram("due")
    await both.slack_shows("uno", "Marco Rossi: due")
    await both.telegram_shows("Anna Bianchi: uno", "due")
    await both.settled()
    before = await entries(both.office, both.maria)
    acknowledged = len(both.slack.acks)
    again = both.slack.socket_mode.redeliver(acked=True)
    assert both.telegram.redeliver()
    await both.slack.wait_for(lambda: len(both.slack.acks) >= acknowledged + again, PATIENCE)
    await both.settled()
    assert await entries(both.office, both.maria) == before
    await both.from_slack("tre")
    await both.telegram_shows("Anna Bianchi: uno", "due", "Anna Bianchi: tre")
    await both.slack_shows("uno", "Marco Rossi: due", "tre")


# One of them is down -----------------------------------------------------------------------------


def _words(shown: list[str], *wanted: str) -> list[str]:
    """Which of the wanted words come in what is shown, in order; a backlog may be joined into one post."""
    return [word for word in " ".join(shown).split() if word in wanted]


async def test_telegram_away_does_not_hold_up_slack_and_catches_up_in_order(both: Both) -> None:
    await both.telegram.stop()
    await both.maria.say("uno")
    await both.slack_shows("Maria Rossi: uno")
    await both.from_slack("due")
    await until(both.office, both.maria, lambda found: "due" in texts(found))
    await both.maria.say("tre")
    await both.slack.wait_for(
        lambda: _words(both.on_slack(), "uno", "due", "tre") == ["uno", "due", "tre"], PATIENCE
    )
    await both.from_telegram("intanto")
    await both.telegram.start()
    await both.telegram.wait_for(
        lambda: _words(both.on_telegram(), "uno", "due", "tre") == ["uno", "due", "tre"], PATIENCE
    )
    assert "Anna Bianchi: due" in "\n".join(both.on_telegram())
    await both.slack.wait_for(lambda: both.on_slack()[-1] == "Marco Rossi: intanto", PATIENCE)


async def test_slack_away_does_not_hold_up_telegram_and_catches_up_in_order(both: Both) -> None:
    await both.slack.stop()
    await both.maria.say("uno")
    await both.telegram_shows("Maria Rossi: uno")
    await both.from_telegram("due")
    await until(both.office, both.maria, lambda found: "due" in texts(found))
    await both.maria.say("tre")
    await both.telegram.wait_for(
        lambda: _words(both.on_telegram(), "uno", "due", "tre") == ["uno", "due", "tre"], PATIENCE
    )
    await both.slack.start()
    await both.slack.wait_for(
        lambda: _words(both.on_slack(), "uno", "due", "tre") == ["uno", "due", "tre"], PATIENCE
    )
    assert "Marco Rossi: due" in "\n".join(both.on_slack())


@pytest.mark.parametrize("slow", ["slack", "telegram"])
async def test_one_that_is_slow_or_too_fast_does_not_hold_up_the_other(both: Both, slow: str) -> None:
    if slow == "slack":
        both.slack.faults.add("chat.postMessage", SlackHang(), times=None)
        await both.maria.say("due")
        await both.telegram_shows("Maria Rossi: due")
    else:
        both.telegram.faults.add("sendMessage", FloodWait(retry_after=600), times=None)
        await both.maria.say("due")
        await both.slack_shows("Maria Rossi: due")
    async with both.maria.listening() as stream:
        if slow == "slack":
            await both.from_telegram("Eccomi")
        else:
            await both.from_slack("Eccomi")
        assert (await next_answer(stream))["text"] == "Eccomi"


async def test_what_cannot_reach_one_at_all_is_told_on_the_other(both: Both) -> None:
    both.telegram.faults.add("sendMessage", Refused("MESSAGE_NOT_TO_OUR_TASTE"))
    await both.maria.say("due")
    await both.slack.wait_for(lambda: any("telegram" in text for text in both.on_slack()), PATIENCE)
    assert both.on_slack()[0] == "Maria Rossi: due"
    await both.maria.say("tre")
    await both.telegram.wait_for(lambda: both.on_telegram()[-1:] == ["Maria Rossi: tre"], PATIENCE)
