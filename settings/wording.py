"""A text of the town's in ``config.yaml``: one for all, or one for each language."""

import re
from collections.abc import Callable

from settings.faults import Unfit

Wording = str | dict[str, str]
"""One text for all, or one for each language by its two letters."""


def parse_wording(most: int) -> Callable[[object], Wording]:
    """What reads a text of at most ``most`` characters, or one for each language."""

    def one(value: object) -> str:
        if not isinstance(value, str) or not value.strip():
            raise Unfit("some text")
        if len(value) > most:
            raise Unfit(f"at most {most} characters, not {len(value)}")
        return value.strip()

    def parse(value: object) -> Wording:
        if isinstance(value, str):
            return one(value)
        if not isinstance(value, dict):
            raise Unfit("some text, or one for each language: {it: …, en: …}")
        if not value:
            raise Unfit("a text for at least one language: {it: …, en: …}")
        for lang in value:
            if not re.fullmatch(r"[a-z]{2}", lang):
                raise Unfit("languages by their two small letters: {it: …, en: …}", found=f"“{lang}”")
        return {lang: one(text) for lang, text in value.items()}

    return parse


def language_of(wording: Wording, lang: str, default: str) -> str:
    """What to read it in: ``lang``, else ``default``, else whichever there is; one for all is in ``default``."""
    if isinstance(wording, str):
        return default
    return next((wish for wish in (lang, default) if wish in wording), next(iter(wording)))


def wording_in(wording: Wording, lang: str, default: str) -> str:
    """The text in that language."""
    return wording if isinstance(wording, str) else wording[language_of(wording, lang, default)]
