"""Files both ways, and the look at the set-up, with a stand-in of Telegram over real sockets."""

from pathlib import Path

import pytest

from bridges.telegram.setup import check
from models.tables import What
from settings import Settings
from tests import pictures
from tests.citizen import Citizen
from tests.hub import RunningHub, hub_at
from tests.office import PDF, entries, send_file, texts, until
from tests.platforms.telegram import FloodWait, HttpError, Kind, LostReply, Refused, TelegramStandIn
from tests.telegram_office import (  # noqa: F401 - used by name
    PATIENCE,
    asks,
    calls,
    citizen_fixture,
    office_fixture,
    replies,
    settled,
    telegram_fixture,
)

PNG = pictures.png()

# From operators ----------------------------------------------------------------------------------


async def test_an_operators_file_reaches_the_citizen_with_its_caption(
    telegram: TelegramStandIn, office: RunningHub, citizen: Citizen
) -> None:
    topic = await asks(citizen, telegram)
    said = await telegram.operator_says("anna", "Ecco", file=("modulo.pdf", PDF), thread=topic.id)
    found = await until(office, citizen, lambda found: texts(found, What.FILE))
    (file,) = [record for record in found if record.kind == What.FILE]
    assert (file.data["name"], file.data["type"], file.text) == ("modulo.pdf", "application/pdf", "Ecco")
    assert await office.hub.read_file(file.data["key"]) == PDF
    await telegram.operator_edits(said, "Ecco il modulo")
    await until(office, citizen, lambda found: texts(found, What.EDITED) == ["Ecco il modulo"])


async def test_photos_and_the_files_of_an_album_arrive_each_once(
    telegram: TelegramStandIn, office: RunningHub, citizen: Citizen
) -> None:
    topic = await asks(citizen, telegram)
    for number in range(3):
        await telegram.operator_says(
            "anna", "Le foto" if number == 0 else "", file=(f"{number}.png", PNG), kind="photo",
            album="77", thread=topic.id,
        )  # fmt: skip
    await until(office, citizen, lambda found: len(texts(found, What.FILE)) == 3)
    telegram.redeliver()
    await settled(telegram)
    assert texts(await entries(office, citizen), What.FILE) == ["Le foto", "", ""]


@pytest.mark.parametrize("size", [11 * 1024 * 1024, 21 * 1024 * 1024])
async def test_a_file_that_is_too_large_is_told_and_its_text_still_goes(
    telegram: TelegramStandIn, office: RunningHub, citizen: Citizen, size: int
) -> None:
    topic = await asks(citizen, telegram)
    await telegram.operator_says(
        "anna", "Guardi", file=("film.mp4", b"x"), kind="video", size=size, thread=topic.id
    )
    found = await until(office, citizen, lambda found: "Guardi" in texts(found))
    assert not texts(found, What.FILE)
    (told,) = [m for m in await replies(telegram, topic, 2) if m.is_bot]
    assert told.text.startswith("📎 film.mp4: ✗ (> 10")


async def test_a_file_of_a_kind_that_may_not_be_sent_is_told(
    telegram: TelegramStandIn, office: RunningHub, citizen: Citizen
) -> None:
    topic = await asks(citizen, telegram)
    await telegram.operator_says("anna", file=("pagina.html", b"<script>"), thread=topic.id)
    (told,) = [m for m in await replies(telegram, topic, 2) if m.is_bot]
    assert told.text.startswith("📎 pagina.html: ✗")
    assert not await entries(office, citizen, What.FILE)


async def test_a_file_that_comes_only_at_the_second_try_arrives(
    telegram: TelegramStandIn, office: RunningHub, citizen: Citizen
) -> None:
    topic = await asks(citizen, telegram)
    telegram.faults.add("getFile", FloodWait(retry_after=1))
    telegram.faults.add("download", HttpError(502))
    await telegram.operator_says("anna", file=("modulo.pdf", PDF), thread=topic.id)
    await until(office, citizen, lambda found: texts(found, What.FILE))


async def test_a_file_that_cannot_be_fetched_is_told_and_its_text_still_goes(
    telegram: TelegramStandIn, office: RunningHub, citizen: Citizen
) -> None:
    topic = await asks(citizen, telegram)
    telegram.faults.add(
        "getFile", Refused("wrong file_id or the file is temporarily unavailable"), times=None
    )
    await telegram.operator_says("anna", "Ecco", file=("modulo.pdf", PDF), thread=topic.id)
    found = await until(office, citizen, lambda found: "Ecco" in texts(found))
    assert not texts(found, What.FILE)
    (told,) = [m for m in await replies(telegram, topic, 2) if m.is_bot]
    assert told.text == "📎 modulo.pdf: ✗ (Telegram)"


async def test_a_file_with_a_note_as_its_caption_stays_inside(
    telegram: TelegramStandIn, office: RunningHub, citizen: Citizen
) -> None:
    topic = await asks(citizen, telegram)
    await telegram.operator_says("anna", "/note il vecchio modulo", file=("modulo.pdf", PDF), thread=topic.id)
    found = await until(office, citizen, lambda found: texts(found, What.NOTE))
    assert texts(found, What.NOTE) == ["il vecchio modulo 📎 modulo.pdf"]
    assert not texts(found, What.FILE)


# From citizens -----------------------------------------------------------------------------------


async def test_a_citizens_file_is_a_document_in_the_topic(
    telegram: TelegramStandIn, citizen: Citizen
) -> None:
    topic = await asks(citizen, telegram, name="Maria @marco")
    await send_file(citizen)
    (shown,) = await replies(telegram, topic, 1)
    assert (shown.file, shown.text, shown.live) == ("foto del modulo.pdf", "Maria @marco", ())
    assert shown.wire.file is not None
    assert shown.wire.file.content == PDF


async def test_a_picture_is_shown_as_one_and_where_telegram_cannot_read_it_as_a_document(
    telegram: TelegramStandIn, citizen: Citizen
) -> None:
    topic = await asks(citizen, telegram)
    telegram.faults.add("sendPhoto", Refused("PHOTO_INVALID_DIMENSIONS"), when=lambda _: True)
    for key in ("a", "b"):
        answer = await citizen.call(
            "POST", "/files", data={"client_id": key * 16}, files={"file": (f"{key}.png", PNG)}
        )
        assert answer.status_code == 201, answer.text
    shown = await replies(telegram, topic, 2)
    assert [m.wire.file.kind for m in shown if m.wire.file] == ["document", "photo"]


async def test_a_file_whose_answer_was_lost_is_sent_again_and_says_so(
    telegram: TelegramStandIn, citizen: Citizen
) -> None:
    topic = await asks(citizen, telegram)
    telegram.faults.add("sendDocument", LostReply())
    await send_file(citizen)
    shown = await replies(telegram, topic, 2)
    assert [m.text for m in shown] == ["Maria Rossi", "Maria Rossi\n(forse ripetuto)"]


async def test_where_no_files_may_be_sent_a_line_says_where_it_is(
    telegram: TelegramStandIn, office: RunningHub, citizen: Citizen
) -> None:
    topic = await asks(citizen, telegram)
    telegram.set_rights(can_send_files=False)
    await send_file(citizen)
    (shown,) = await replies(telegram, topic, 1)
    assert "foto del modulo.pdf" in shown.text
    assert "scrivania" in shown.text
    assert shown.text.endswith(f"\n{office.url}/desk/{citizen.id}")


async def test_a_file_that_begins_a_topic_made_anew_comes_after_the_heading(
    telegram: TelegramStandIn, citizen: Citizen
) -> None:
    topic = await asks(citizen, telegram)
    await telegram.operator_deletes_topic(topic.id)
    await send_file(citizen)
    (new,) = await telegram.wait_for(telegram.topics, PATIENCE)
    first, second = await telegram.wait_for(
        lambda: telegram.thread(new.id) if len(telegram.thread(new.id)) == 2 else [], PATIENCE
    )
    assert "Nuova conversazione" in first.text
    assert first.buttons
    assert second.file == "foto del modulo.pdf"


# The look at the set-up --------------------------------------------------------------------------


def settings_for(telegram: TelegramStandIn, chat: int | None = None) -> Settings:
    """A configuration that names this stand-in."""
    return Settings.model_validate(
        {
            "office": {"name": "URP"},
            "hours": {"mon": "08:30-13:00"},
            "bridges": {"telegram": {"chat": chat or telegram.chat, "api_url": telegram.api_url}},
        }
    )


@pytest.mark.parametrize("kind", list(Kind))
async def test_a_set_up_that_is_right_has_no_faults(kind: Kind) -> None:
    async with TelegramStandIn(kind) as telegram:
        assert await check(settings_for(telegram), telegram.token) == []


async def test_each_fault_of_the_set_up_is_told_in_words(telegram: TelegramStandIn) -> None:
    async def said(chat: int | None = None, token: str | None = None) -> str:
        return " ".join(await check(settings_for(telegram, chat), token or telegram.token))

    assert "@BotFather" in await said(token="7000000001:wrong")
    assert "knows no chat -100" in await said(chat=-100)
    telegram.set_rights(can_manage_topics=False)
    assert "Manage topics" in await said()
    telegram.set_rights(status="member")
    assert "Manage topics" in await said()
    telegram.set_rights(status="kicked")
    assert "is not in the Telegram chat" in await said()
    await telegram.stop()
    words = await said()
    assert "cannot be asked" in words
    assert telegram.token not in words


async def test_a_group_that_moved_is_told_with_its_new_number() -> None:
    async with TelegramStandIn(Kind.GROUP) as telegram:
        new = telegram.migrate(told=False)
        (fault,) = await check(settings_for(telegram), telegram.token)
        assert str(new) in fault


async def test_an_api_url_with_or_without_a_slash_is_the_same(
    telegram: TelegramStandIn, tmp_path: Path
) -> None:
    for number, slash in enumerate(("", "/")):
        folder = tmp_path / str(number)
        folder.mkdir()
        bridges = {"telegram": {"chat": telegram.chat, "api_url": telegram.api_url + slash}}
        async with (
            hub_at(folder, telegram=telegram, bridges=bridges) as office,
            Citizen(office.url) as citizen,
        ):
            topic = await asks(citizen, telegram)
            await send_file(citizen)
            await telegram.operator_says("anna", file=("modulo.pdf", PDF), thread=topic.id)
            await until(office, citizen, lambda found: len(texts(found, What.FILE)) == 2)
            await replies(telegram, topic, 2)
            await settled(telegram)
