"""What citizens read, in every language they are spoken to in; the town may put its own words in their place.

One catalogue a language, with the same keys. A new text stands in all of them; a new language is a file like
`it.py` and one entry in `LANGUAGES`. What operators read is not here: `routing.texts` and `web.texts`.
"""

from collections.abc import Mapping
from typing import Final

from texts import ar, de, en, es, fr, it, ro, sq, uk, zh
from texts.language import Language, Text, Words, places

__all__ = ["LANGUAGES", "PLACES", "Language", "OwnTexts", "Text", "Words", "choose", "places", "words"]

OwnTexts = Mapping[str, Mapping[str, Text]]
"""The town's own words: by language, then by key."""

_ALBANIAN = ("të hënën", "të martën", "të mërkurën", "të enjten", "të premten", "të shtunën", "të dielën")
_UKRAINIAN = ("понеділок", "вівторок", "середу", "четвер", "п’ятницю", "суботу", "неділю")

LANGUAGES: Final[dict[str, Language]] = {
    language.code: language
    for language in (
        Language("it", "Italiano", "it_IT", it.TEXTS, odd_hour=1),
        Language("en", "English", "en_GB", en.TEXTS, clock="h:mm a"),
        Language(
            "fr",
            "Français",
            "fr_FR",
            fr.TEXTS,
            clock="H\u00a0'h'\u00a0mm",
            full_hour="H\u00a0'h'",
            first="1er",
        ),
        Language("de", "Deutsch", "de_DE", de.TEXTS),
        Language("es", "Español", "es_ES", es.TEXTS, odd_hour=1),
        Language("ro", "Română", "ro_RO", ro.TEXTS),
        Language("sq", "Shqip", "sq_AL", sq.TEXTS, weekdays=_ALBANIAN),
        Language("zh", "中文", "zh_Hans_CN", zh.TEXTS),
        Language("ar", "العربية", "ar", ar.TEXTS, clock="h:mm BBBB"),
        Language("uk", "Українська", "uk_UA", uk.TEXTS, odd_hour=11, weekdays=_UKRAINIAN),
    )
}

PLACES: Final[dict[str, frozenset[str]]] = {
    key: frozenset().union(*(places(language.texts[key]) for language in LANGUAGES.values()))
    for key in it.TEXTS
}
"""The places that a text may have, by its key."""


def choose(*wishes: str | None, default: str = "it") -> str:
    """The first wish we speak ("en-GB" asks for "en"), else the default.

    Empty and unknown wishes are passed over: a citizen is never refused for a language.
    """
    for wish in wishes:
        code = (wish or "").replace("_", "-").split("-")[0].strip().lower()
        if code in LANGUAGES:
            return code
    return default


def words(lang: str, own: OwnTexts) -> Words:
    """The texts in a language of `LANGUAGES`, the town's own before ours."""
    language = LANGUAGES[lang]
    return Words(language, {**language.texts, **own.get(lang, {})})
