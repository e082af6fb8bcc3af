"""In a careful department only what begins with the sign reaches the citizen: every way in, on both platforms."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from bridges.slack.ids import SEND
from models.tables import OFFICE_ID, What
from tests.both_office import (
    Both,
    both_fixture,  # noqa: F401 - used by name
)
from tests.citizen import Citizen
from tests.hub import RunningHub, hub_at
from tests.office import PDF, entries, luca, next_answer, texts, until
from tests.platforms.slack import SlackStandIn
from tests.platforms.telegram import Kind, TelegramStandIn
from tests.slack_office import slack_fixture  # noqa: F401 - used by name
from tests.telegram_office import PATIENCE, listening, telegram_fixture  # noqa: F401 - used by name

SECRET = "RISERVATO"


@pytest_asyncio.fixture(name="office")
async def office_fixture(
    tmp_path: Path, slack: SlackStandIn, telegram: TelegramStandIn
) -> AsyncIterator[RunningHub]:
    """An office whose only department is careful."""
    departments = [{"name": "Servizi sociali", "careful": True}]
    replies = [{"name": "orari", "text": "Siamo aperti"}]
    async with hub_at(
        tmp_path, slack=slack, telegram=telegram, departments=departments, replies=replies
    ) as running:
        await slack.wait_for(lambda: slack.connected == 1, PATIENCE)
        await listening(telegram)
        yield running


async def _nothing_secret_reached(both: Both) -> None:
    """After a message that does go out, the citizen has it and nothing that was to stay inside."""
    await both.settled()
    await both.from_slack("> FINE", "anna")
    await until(both.office, both.maria, lambda found: "FINE" in texts(found))
    transcript = (await both.maria.call("GET", "/transcript")).text
    assert "FINE" in transcript
    assert SECRET not in transcript
    visible = (What.MESSAGE, What.EDITED, What.FILE)
    shown = [record for record in await entries(both.office, both.maria) if record.kind in visible]
    assert not [record for record in shown if SECRET in record.text or SECRET in str(record.data)]


async def test_only_a_reply_with_the_sign_goes_out_and_without_the_sign_it_stays_a_note(both: Both) -> None:
    async with both.maria.listening() as stream:
        await both.from_slack(f"{SECRET} chi lo conosce?", "anna")
        await both.telegram_shows(f"📝 Anna Bianchi: {SECRET} chi lo conosce?")
        await both.from_telegram(f"{SECRET} io", "marco")
        await both.slack.wait_for(lambda: f"📝 Marco Rossi: {SECRET} io" in both.on_slack(), PATIENCE)
        await both.from_slack("> Buongiorno\n> mi dica", "anna")
        assert (await next_answer(stream))["text"] == "Buongiorno\nmi dica"
        await both.from_telegram(">Ci siamo", "marco")
        assert (await next_answer(stream))["text"] == "Ci siamo"
    await _nothing_secret_reached(both)


async def test_who_does_not_know_the_mode_is_told_once(both: Both) -> None:
    await both.from_slack(f"{SECRET} uno", "anna")
    await both.from_slack(f"{SECRET} due", "anna")
    await both.slack.wait_for(lambda: any("prudente" in text for text in both.on_slack()), PATIENCE)
    await both.telegram_shows(f"📝 Anna Bianchi: {SECRET} uno", f"📝 Anna Bianchi: {SECRET} due")
    await both.settled()
    assert len([text for text in both.on_slack() if "prudente" in text]) == 1


async def test_an_edit_that_removes_the_sign_leaves_the_citizen_with_what_was_sent(both: Both) -> None:
    on_slack = await both.from_slack("> Arrivi alle 9", "anna")
    await until(both.office, both.maria, lambda found: "Arrivi alle 9" in texts(found))
    await both.slack.operator_edits(on_slack, f"{SECRET} no, non dirglielo")
    await both.slack.wait_for(lambda: any("resta fra colleghi" in text for text in both.on_slack()), PATIENCE)
    on_telegram = await both.from_telegram("> o alle 10", "marco")
    await until(both.office, both.maria, lambda found: "o alle 10" in texts(found))
    await both.telegram.operator_edits(on_telegram, f"{SECRET} macché")
    await both.telegram.wait_for(
        lambda: any("resta fra colleghi" in text for text in both.on_telegram()), PATIENCE
    )
    await both.slack.operator_edits(on_slack, "> Arrivi alle 8")
    found = await until(both.office, both.maria, lambda found: texts(found, What.EDITED))
    assert texts(found, What.EDITED) == ["Arrivi alle 8"]
    await _nothing_secret_reached(both)


async def test_an_edit_that_adds_the_sign_sends_nothing_and_says_so(both: Both) -> None:
    on_slack = await both.from_slack(f"{SECRET} uno", "anna")
    await both.telegram_shows(f"📝 Anna Bianchi: {SECRET} uno")
    await both.slack.operator_edits(on_slack, f"> {SECRET} uno")
    await both.slack.wait_for(lambda: any("non invia nulla" in text for text in both.on_slack()), PATIENCE)
    on_telegram = await both.from_telegram(f"{SECRET} due", "marco")
    await both.slack.wait_for(lambda: f"📝 Marco Rossi: {SECRET} due" in both.on_slack(), PATIENCE)
    await both.telegram.operator_edits(on_telegram, f"> {SECRET} due")
    await both.telegram.wait_for(
        lambda: any("non invia nulla" in text for text in both.on_telegram()), PATIENCE
    )
    await _nothing_secret_reached(both)


async def test_files_follow_the_sign_of_their_comment(both: Both) -> None:
    secret = (f"{SECRET}.pdf", PDF)
    await both.slack.operator_says("anna", "", thread_ts=both.root, files=[secret])
    await both.slack.operator_says("anna", f"{SECRET} guardate", thread_ts=both.root, files=[secret, secret])
    await both.telegram.operator_says("marco", "", thread=both.topic.id, file=secret)
    await both.telegram.operator_says("marco", f"{SECRET}!", thread=both.topic.id, file=secret)
    await both.slack.operator_says(
        "anna", "> Il modulo", thread_ts=both.root, files=[("uno.pdf", PDF), ("due.pdf", PDF)]
    )
    await both.telegram.operator_says("marco", "> La guida", thread=both.topic.id, file=("tre.pdf", PDF))
    found = await until(
        both.office, both.maria, lambda found: len([r for r in found if r.kind == What.FILE]) == 3
    )
    files = sorted((r.data["name"], r.text) for r in found if r.kind == What.FILE)
    assert files == [("due.pdf", ""), ("tre.pdf", "La guida"), ("uno.pdf", "Il modulo")]
    await _nothing_secret_reached(both)


async def test_an_album_goes_with_the_sign_of_its_first_picture_or_stays_inside_as_a_whole(
    both: Both,
) -> None:
    for number, (album, text) in enumerate(
        [("a", f"{SECRET} foto"), ("a", ""), ("b", "> Le foto"), ("b", "")]
    ):
        name = f"{SECRET if album == 'a' else 'foto'}-{number}.pdf"
        await both.telegram.operator_says("marco", text, thread=both.topic.id, file=(name, PDF), album=album)
    found = await until(
        both.office, both.maria, lambda found: len([r for r in found if r.kind == What.FILE]) == 2
    )
    assert [r.data["name"] for r in found if r.kind == What.FILE] == ["foto-2.pdf", "foto-3.pdf"]
    await _nothing_secret_reached(both)


async def test_an_edit_of_a_files_comment_sends_no_file_and_takes_none_back(both: Both) -> None:
    secret = (f"{SECRET}.pdf", PDF)
    on_slack = await both.slack.operator_says("anna", f"{SECRET} ecco", thread_ts=both.root, files=[secret])
    on_telegram = await both.telegram.operator_says("marco", f"{SECRET}!", thread=both.topic.id, file=secret)
    await until(both.office, both.maria, lambda found: len(texts(found, What.NOTE)) == 2)
    await both.slack.operator_edits(on_slack, f"> {SECRET} ecco")
    await both.slack.wait_for(lambda: any("non invia nulla" in text for text in both.on_slack()), PATIENCE)
    await both.telegram.operator_edits(on_telegram, f"> {SECRET}!")
    await both.telegram.wait_for(
        lambda: any("non invia nulla" in text for text in both.on_telegram()), PATIENCE
    )
    form = ("modulo.pdf", PDF)
    on_slack = await both.slack.operator_says("anna", "> Il modulo", thread_ts=both.root, files=[form])
    on_telegram = await both.telegram.operator_says("marco", "> Idem", thread=both.topic.id, file=form)
    await until(both.office, both.maria, lambda found: len(texts(found, What.FILE)) == 2)
    await both.slack.operator_edits(on_slack, f"{SECRET} non quello")
    await both.telegram.operator_edits(on_telegram, f"{SECRET} macché")
    await both.slack.wait_for(lambda: any("resta fra colleghi" in text for text in both.on_slack()), PATIENCE)
    await both.telegram.wait_for(
        lambda: any("resta fra colleghi" in text for text in both.on_telegram()), PATIENCE
    )
    await _nothing_secret_reached(both)
    assert sorted(texts(await entries(both.office, both.maria), What.FILE)) == ["Idem", "Il modulo"]


async def test_an_answer_to_what_the_bot_says_to_the_whole_office_reaches_nobody(both: Both) -> None:
    await both.from_slack("!hours", "anna")  # an answer inside the thread, which is the citizen's
    await both.office.hub.announce("lunch", "La linea chiude alle 13")
    (told,) = await both.telegram.wait_for(
        lambda: [m for m in both.telegram.messages() if "alle 13" in m.text], PATIENCE
    )
    (said,) = await both.slack.wait_for(
        lambda: [m for m in both.slack.messages() if "alle 13" in m.text], PATIENCE
    )
    await both.telegram.operator_says("marco", f"> {SECRET} di già?", reply_to=told.id)
    await both.slack.operator_says("anna", f"> {SECRET} anche oggi?", thread_ts=said.ts)
    await both.slack.operator_says("anna", f"> {SECRET} a tutti", thread_ts=said.ts, broadcast=True)
    await _nothing_secret_reached(both)
    record = await both.office.hub.store.entries(OFFICE_ID)
    assert not [entry for entry in record if SECRET in entry.text], "what is told to all is no conversation"


async def test_in_a_group_without_topics_the_sign_counts_just_as_well(tmp_path: Path) -> None:
    departments = [{"name": "Servizi sociali", "careful": True}]
    async with (
        TelegramStandIn(Kind.SUPERGROUP) as telegram,
        hub_at(tmp_path, telegram=telegram, departments=departments) as office,
        Citizen(office.url) as maria,
    ):
        await maria.start("Buongiorno", department="Servizi sociali")
        (root,) = await telegram.wait_for(telegram.messages, PATIENCE)
        said = await telegram.operator_says("marco", f"{SECRET} chi è?", reply_to=root.id)
        await telegram.operator_edits(said, f"> {SECRET} chi è?")
        await telegram.operator_says("marco", f"> {SECRET} a nessuno")
        await telegram.operator_says("marco", "> Eccomi", reply_to=root.id)
        found = await until(office, maria, lambda found: "Eccomi" in texts(found))
        assert texts(found) == ["Buongiorno", "Eccomi"]
        assert texts(found, What.NOTE) == [f"{SECRET} chi è?"]


async def test_broadcasts_and_replies_outside_the_thread_stay_inside_too(both: Both) -> None:
    await both.slack.operator_says("anna", f"{SECRET} tutti", thread_ts=both.root, broadcast=True)
    await both.telegram_shows(f"📝 Anna Bianchi: {SECRET} tutti")
    await both.slack.operator_says("anna", f"> {SECRET} nel canale")
    await both.telegram.operator_says("marco", f"> {SECRET} in General")
    await both.slack.operator_says("anna", "> A tutti", thread_ts=both.root, broadcast=True)
    await until(both.office, both.maria, lambda found: "A tutti" in texts(found))
    await _nothing_secret_reached(both)


async def test_what_is_forwarded_stays_inside_whatever_it_begins_with(both: Both) -> None:
    origin = {
        "type": "user", "date": 1_700_000_000,
        "sender_user": {"id": 99, "first_name": "Zoe", "is_bot": False},
    }  # fmt: skip
    await both.telegram.operator_says(
        "marco", f"> {SECRET} inoltrato", thread=both.topic.id, extra={"forward_origin": origin}
    )
    await both.slack.wait_for(lambda: f"📝 Marco Rossi: > {SECRET} inoltrato" in both.on_slack(), PATIENCE)
    shared = {
        "type": "message", "channel": both.slack.channel, "user": "U0LD000001", "ts": "1900000000.000100",
        "thread_ts": both.root, "text": "> Guardi qui", "attachments": [{"is_share": True, "text": SECRET}],
    }  # fmt: skip
    both.slack.emit(shared, both.slack.workspace.channels[both.slack.channel])
    await until(both.office, both.maria, lambda found: "Guardi qui" in texts(found))
    await _nothing_secret_reached(both)


async def test_other_bots_reach_nobody_even_with_the_sign(both: Both) -> None:
    both.telegram.add_user("robot", "Robot", is_bot=True)
    said = await both.telegram.operator_says("robot", f"> {SECRET}", thread=both.topic.id)
    await both.telegram.operator_edits(said, f"> {SECRET} ancora")
    posted = await both.slack.app_says(f"> {SECRET}", thread_ts=both.root)
    await both.slack.operator_edits(posted, f"> {SECRET} ancora")
    await both.slack.app_says(f"> {SECRET}", thread_ts=both.root, username="Anna Bianchi")
    await _nothing_secret_reached(both)


async def test_ready_answers_last_words_and_the_desk_are_meant_for_the_citizen(both: Both) -> None:
    await both.from_slack("!reply orari", "anna")
    await until(both.office, both.maria, lambda found: "Siamo aperti" in texts(found))
    await both.office.hub.operator_wrote(luca("1"), both.maria.id, "Dalla scrivania")
    await until(both.office, both.maria, lambda found: "Dalla scrivania" in texts(found))
    await both.from_telegram("/close Arrivederci", "marco")
    found = await until(both.office, both.maria, lambda found: [r for r in found if r.kind == What.CLOSED])
    assert texts(found)[-1] == "Arrivederci"
    await both.maria.say("Ancora una cosa")
    await both.slack.wait_for(lambda: "close" in both.slack.thread(both.root)[0].buttons, PATIENCE)
    await both.from_slack("!close Buona giornata", "anna")
    found = await until(
        both.office, both.maria, lambda found: len([r for r in found if r.kind == What.CLOSED]) == 2
    )
    assert texts(found)[-1] == "Buona giornata"


async def test_notes_stay_notes(both: Both) -> None:
    await both.from_slack(f"!note > {SECRET}", "anna")
    await both.telegram.wait_for(lambda: f"📝 Anna Bianchi: > {SECRET}" in both.on_telegram(), PATIENCE)
    await _nothing_secret_reached(both)


async def test_a_remark_is_sent_to_the_citizen_by_the_shortcut_in_its_menu_once(both: Both) -> None:
    said = await both.from_slack("La *carta* costa 16 euro", "anna")
    await both.telegram_shows("📝 Anna Bianchi: La carta costa 16 euro")
    async with both.maria.listening() as stream:
        await both.slack.operator_uses_shortcut("marco", said, SEND)
        answer = await next_answer(stream)
    assert (answer["text"], answer["name"], answer["marks"]) == (
        "La carta costa 16 euro", "Marco", [[3, 8, "bold"]],
    )  # fmt: skip
    await both.telegram.wait_for(
        lambda: "Marco Rossi: La carta costa 16 euro" in both.on_telegram(), PATIENCE
    )
    await both.slack.wait_for(lambda: both.on_slack()[-1] == "Inviato al cittadino.", PATIENCE)
    await both.slack.operator_uses_shortcut("anna", said, SEND)
    await both.settled()
    assert texts(await entries(both.office, both.maria)).count("La carta costa 16 euro") == 1


async def test_a_remark_with_files_is_sent_whole_by_the_shortcut(both: Both) -> None:
    said = await both.slack.operator_says(
        "anna", "Il modulo", thread_ts=both.root, files=[("modulo.pdf", PDF), ("guida.pdf", PDF)]
    )
    await until(both.office, both.maria, lambda found: len(texts(found, What.NOTE)) == 2)
    await both.slack.operator_uses_shortcut("anna", said, SEND)
    found = await until(both.office, both.maria, lambda found: len(texts(found, What.FILE)) == 2)
    files = [record for record in found if record.kind == What.FILE]
    assert [(record.data["name"], record.text) for record in files] == [
        ("modulo.pdf", "Il modulo"),
        ("guida.pdf", ""),
    ]


async def test_the_shortcut_sends_no_command_no_answer_of_the_hubs_and_nothing_twice(both: Both) -> None:
    sent = await both.from_slack("> Buongiorno", "anna")
    note = await both.from_slack(f"!note {SECRET}", "anna")
    await both.slack.wait_for(lambda: "Nota interna" in both.on_slack()[-1], PATIENCE)
    for ts in (sent, note, both.root, both.slack.thread(both.root)[-1].ts):
        await both.slack.operator_uses_shortcut("anna", ts, SEND)
    await both.slack.wait_for(
        lambda: len([text for text in both.on_slack() if text.startswith("Questo non si invia")]) == 3,
        PATIENCE,
    )
    await _nothing_secret_reached(both)
    assert texts(await entries(both.office, both.maria)) == ["Buongiorno", "Buongiorno", "FINE"]
