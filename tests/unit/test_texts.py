"""The catalogues of texts: complete in every language, and asked only for what they have."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

import web
from settings import LANGUAGES as OPERATORS
from texts import LANGUAGES, PLACES, Text, choose, places, words
from web.texts import DESK, SHARED, button_texts, desk_words, script_texts

WEB = Path(web.__file__).parent
REFERENCE = LANGUAGES["it"].texts
ASKED = r"""\bt\(\s*['"]([a-z0-9_]+)['"]\s*[,)]"""  # t("key") or t("key", …), in a template or a script
HOURS = {"time", "at", "until", "weekday", "date"}
"""Any of these may be in a sentence on hours: languages say "until Monday at 8:30" and "until 8:30 on Monday"."""
SAME_IN_SOME = {"mail_from",
    "error_email", "error_phone", "name", "email", "phone", "text", "unread_title", "live_transcript_name",
    "chat_title", "at_odd", "until_odd", "options", "conversation", "privacy_link", "you",
}  # fmt: skip


def forms(text: Text) -> list[str]:
    return [text] if isinstance(text, str) else list(text.values())


def used_in(folder: str, pattern: str) -> dict[str, set[str]]:
    """Keys that the files of a folder ask for, by file."""
    files = [path for path in (WEB / folder).rglob("*") if path.suffix in {".html", ".js"}]
    return {path.name: set(re.findall(pattern, path.read_text())) for path in files}


@pytest.mark.parametrize("lang", sorted(LANGUAGES))
class TestEveryLanguage:
    def test_has_every_text_and_no_other_in_the_same_order(self, lang: str) -> None:
        assert list(LANGUAGES[lang].texts) == list(REFERENCE)

    def test_has_no_empty_text(self, lang: str) -> None:
        found = [key for key, text in LANGUAGES[lang].texts.items() if not all(map(str.strip, forms(text)))]
        assert found == []

    def test_leaves_the_same_places_to_fill(self, lang: str) -> None:
        def wanted(text: Text) -> frozenset[str]:
            return places(text) - HOURS

        texts = LANGUAGES[lang].texts
        assert {key for key, text in texts.items() if wanted(text) != wanted(REFERENCE[key])} == set()

    def test_says_the_time_in_every_sentence_on_hours(self, lang: str) -> None:
        for key, text in LANGUAGES[lang].texts.items():
            if key.startswith(("reopens_", "open_until_")) and key != "open_until_midnight":
                assert places(text) & {"time", "at", "until"}, key
                assert places(text) >= {"date"} if key.endswith("_date") else True, key
                assert places(text) >= {"weekday"} if key.endswith("_weekday") else True, key

    def test_has_each_plural_form_that_its_whole_numbers_need(self, lang: str) -> None:
        language = LANGUAGES[lang]
        for key, text in language.texts.items():
            if "count" in PLACES[key] and key != "unread_title":
                assert isinstance(text, Mapping), key
                assert set(text) <= language.plural_forms
                for number in range(1, 201):
                    assert "{" not in words(lang, {})(key, count=number)
                needed = {language.plural_form(number) for number in range(1, 201)}
                assert needed <= set(text), key

    def test_leaves_no_text_in_another_language(self, lang: str) -> None:
        others = {
            (key, form)
            for other, language in LANGUAGES.items()
            if other != lang
            for key, text in language.texts.items()
            for form in forms(text)
        }
        texts = LANGUAGES[lang].texts
        same = {key for key, text in texts.items() for form in forms(text) if (key, form) in others}
        assert same - SAME_IN_SOME == set()

    def test_says_whether_the_office_is_open_on_the_button(self, lang: str) -> None:
        opened = button_texts(words(lang, {}), is_open=True, button="Linea diretta")
        closed = button_texts(words(lang, {}), is_open=False, button="Linea diretta")
        assert opened["button"] == closed["button"] == "Linea diretta"
        assert opened["state"] != closed["state"]


def test_templates_ask_only_for_texts_that_exist() -> None:
    used = used_in("templates", ASKED)
    assert {name for name, keys in used.items() if keys}, "no template uses a text: the pattern is wrong"
    for name, keys in used.items():
        known = set(REFERENCE) | (set(DESK["it"]) if name.startswith(("desk", "_desk")) else set())
        assert keys - known == set(), name


def test_scripts_are_given_the_texts_they_ask_for() -> None:
    used = used_in("static", ASKED)
    desk = used.pop("desk.js")
    chat = set().union(*used.values())
    assert desk
    assert desk <= set(script_texts(desk_words("it", default="it"), "desk"))
    assert chat
    assert chat <= set(script_texts(words("it", {}), "chat"))
    assert set(REFERENCE) >= SHARED


def test_the_desk_speaks_every_language_that_operators_are_spoken_to_in() -> None:
    assert set(DESK) == set(OPERATORS)
    assert list(DESK["it"]) == list(DESK["en"])
    assert [key for texts in DESK.values() for key, text in texts.items() if not text.strip()] == []
    assert [key for key in DESK["it"] if places(DESK["it"][key]) != places(DESK["en"][key])] == []


def test_the_desk_passes_over_a_language_that_only_citizens_are_spoken_to_in() -> None:
    assert desk_words("tlh", "en-GB", default="it")("desk_reply") == "Reply"
    assert desk_words("tlh", default="it")("desk_reply") == "Risposta"


def test_a_regional_language_gets_its_own_texts() -> None:
    assert choose("en-GB") == "en"
    assert choose(None, "", "EN_us") == "en"


def test_a_language_we_do_not_speak_gets_the_offices() -> None:
    assert choose("tlh", default="it") == "it"
    assert choose("tlh", "en", default="it") == "en"


def test_a_text_without_its_value_is_our_mistake() -> None:
    with pytest.raises(KeyError):
        words("it", {})("rating_score")


def test_the_towns_own_text_wins_and_others_stay() -> None:
    own = words("it", {"it": {"greeting": "Salve!"}, "en": {"greeting": "Hi!"}})
    assert own("greeting") == "Salve!"
    assert own("send") == words("it", {})("send")
