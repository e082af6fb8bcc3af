"""A citizen is spoken to in their own language: by the button, the pages, the hub, and when something is refused."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from tests.citizen import Citizen
from tests.hub import Clock, RunningHub, hub_at
from texts import LANGUAGES, words

CLOSED = {"mon": "08:30-13:00"}
FRIDAY = datetime(2026, 11, 27, 14, 0, tzinfo=UTC)


async def get(hub: RunningHub, path: str, **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=hub.url, timeout=10) as http:
        return await http.get(path, headers=headers)


async def test_the_button_says_in_every_language_when_the_office_is_back(tmp_path: Path) -> None:
    async with hub_at(tmp_path, clock=Clock(FRIDAY), hours=CLOSED) as hub:
        said = {lang: (await get(hub, f"/api/status?lang={lang}")).json() for lang in LANGUAGES}
    assert said["it"]["message"] == "Ora l'ufficio è chiuso. Riapriamo lunedì alle 8:30."
    assert said["en"]["message"] == "The office is closed now. We are back on Monday at 8:30 am."
    assert said["uk"]["message"] == "Зараз офіс зачинено. Ми знову працюємо у понеділок о 8:30."
    assert said["zh"]["message"] == "办公室现在不办公。我们星期一8:30恢复服务。"
    assert said["ar"]["message"].endswith("نعاود العمل يوم الاثنين الساعة 8:30 صباحًا.")
    assert {lang: status["lang"] for lang, status in said.items()} == {lang: lang for lang in LANGUAGES}
    assert [lang for lang, status in said.items() if status["direction"] == "rtl"] == ["ar"]
    assert len({status["texts"]["button"] for status in said.values()}) == len(LANGUAGES)


async def test_the_first_language_that_we_speak_is_taken(tmp_path: Path) -> None:
    async with hub_at(tmp_path, office={"name": "URP", "language": "en"}) as hub:
        chosen = [
            (await get(hub, f"/api/status?lang={wanted}")).json()["lang"]
            for wanted in ("tlh,uk,it", "zh-Hant-TW", "ro_MD", "tlh", "", ",,,")
        ]
    assert chosen == ["uk", "zh", "ro", "en", "en", "en"]


async def test_a_button_named_in_the_configuration_has_that_name_unless_a_language_has_its_own(
    tmp_path: Path,
) -> None:
    office = {"name": "URP", "button": "Linea diretta"}
    texts = {"uk": {"button": "Пишіть нам"}}
    async with hub_at(tmp_path, office=office, texts=texts) as hub:
        found = {lang: (await get(hub, f"/api/status?lang={lang}")).json() for lang in ("it", "ar", "uk")}
    assert {lang: status["button"] for lang, status in found.items()} == {
        "it": "Linea diretta",
        "ar": "Linea diretta",
        "uk": "Пишіть нам",
    }


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_the_chat_page_is_in_the_readers_language_and_direction(tmp_path: Path, lang: str) -> None:
    t, direction = words(lang, {}), LANGUAGES[lang].direction
    async with hub_at(tmp_path) as hub:
        by_address = await get(hub, f"/chat?lang={lang}")
        by_browser = await get(hub, "/chat", **{"Accept-Language": f"tlh, {lang};q=0.8, en;q=0.2"})
        nowhere = await get(hub, f"/nowhere?lang={lang}")
    for page in (by_address, by_browser):
        assert f'<html lang="{lang}" dir="{direction}">' in page.text
        assert t("greeting").replace("'", "&#39;") in page.text
    assert t("page_404") in nowhere.text
    for other in set(LANGUAGES) - {lang}:
        assert f'hreflang="{other}"' in by_address.text


async def test_a_page_without_javascript_says_what_is_wrong_in_the_readers_language(tmp_path: Path) -> None:
    async with hub_at(tmp_path, clock=Clock(FRIDAY), hours=CLOSED) as hub, httpx.AsyncClient() as http:
        form = {"lang": "de", "client_id": "1", "name": "", "email": "x", "phone": "", "text": ""}
        answer = await http.post(f"{hub.url}/chat/callback", data=form)
    t = words("de", {})
    assert answer.status_code == 422
    for key in ("error_text_empty", "error_name", "error_email", "errors_title"):
        assert t(key) in answer.text, key


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_a_refusal_is_titled_in_the_citizens_language(tmp_path: Path, lang: str) -> None:
    async with hub_at(tmp_path) as hub:
        answer = await get(hub, "/api/conversations/none/events", **{"Accept-Language": lang})
        unasked = await get(hub, "/api/conversations/none/events")
    assert answer.headers["Content-Language"] == lang
    assert answer.json()["title"] == words(lang, {})(f"problem_{answer.status_code}")
    assert unasked.json()["title"] == words("en", {})(f"problem_{answer.status_code}")


async def test_the_hub_speaks_the_conversations_language_inside_it(tmp_path: Path) -> None:
    async with hub_at(tmp_path, waiting={"nobody_answers_after": "1s"}) as hub, Citizen(hub.url) as citizen:
        await citizen.start("Përshëndetje", lang="sq-AL")
        async with citizen.listening(0) as stream:
            told = await stream.next("message")
            while told.data["author"] != "system":
                told = await stream.next("message")
        transcript = await citizen.http.get(
            f"/api/conversations/{citizen.id}/transcript", headers=citizen.headers | {"Accept": "text/plain"}
        )
    assert told.data["text"] == words("sq", {})("visitor_nobody_yet")
    assert "] Ju: Përshëndetje" in transcript.text.replace("  ", " ")


async def test_the_towns_own_words_are_in_force_once_the_file_is_saved(tmp_path: Path) -> None:
    async with hub_at(tmp_path) as hub:
        assert "Salve" not in (await get(hub, "/chat?lang=it")).text
        hub.rewrite(texts={"it": {"greeting": "Salve!", "button_open": "Ci siamo"}})
        async with httpx.AsyncClient(base_url=hub.url, timeout=10) as http:
            page = await http.get("/chat?lang=it")
            deadline = datetime.now(UTC) + timedelta(seconds=60)
            while "Salve!" not in page.text and datetime.now(UTC) < deadline:
                page = await http.get("/chat?lang=it")
        status = (await get(hub, "/api/status?lang=it")).json()
        english = await get(hub, "/chat?lang=en")
    assert "Salve!" in page.text
    assert status["texts"]["state"] == "Ci siamo"
    assert words("en", {})("greeting") in english.text


@pytest.mark.parametrize("lang", LANGUAGES)
async def test_a_page_travels_compressed_unless_it_may_show_something_private(
    tmp_path: Path, lang: str
) -> None:
    async with hub_at(tmp_path) as hub:
        packed = await get(hub, f"/chat?lang={lang}")
        plain = await get(hub, f"/chat?lang={lang}", **{"Accept-Encoding": "identity"})
        private = await get(hub, f"/chat?lang={lang}", Cookie="chat=a.b")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) * 2 < int(plain.headers["Content-Length"])
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert "Content-Encoding" not in plain.headers
    assert "Content-Encoding" not in private.headers
    assert words(lang, {})("greeting").replace("'", "&#39;") in packed.text
