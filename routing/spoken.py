"""Which language somebody writes in, found out on this machine; of short texts nothing is said."""

import asyncio
import functools
import logging
import re
from collections.abc import Callable, Iterable
from typing import Any

from texts import LANGUAGES

log = logging.getLogger(__name__)

_NO_WORDS = re.compile(r"\S*(?:://|@|www\.)\S*|\d")
_HAN = re.compile("[\u4e00-\u9fff]")
_LETTERS, _WORDS, _CHARACTERS = 12, 3, 4
"""A text of fewer letters or words says nothing ("ok grazie"), nor does one of fewer Chinese characters."""
_MOST = 2_000
"""Characters looked at: more make nobody surer."""
NEWEST = 100
"""Messages, the newest, that it is told by."""
_SHARE = 80
"""Percent of the text that must be in the language: a quoted form or a name in another is no matter."""


async def spoken_in(texts: Iterable[str]) -> str | None:
    """The language of these texts, if it is one that we speak and there is no doubt; None else."""
    text = _NO_WORDS.sub(" ", "\n".join(texts))[-_MOST:]
    if not _says_something(text):
        return None
    return await asyncio.to_thread(_detect, text)


def _says_something(text: str) -> bool:
    letters = sum(character.isalpha() for character in text)
    return len(_HAN.findall(text)) >= _CHARACTERS or (letters >= _LETTERS and len(text.split()) >= _WORDS)


def _detect(text: str) -> str | None:
    detect = _library()
    if detect is None:
        return None
    try:
        is_reliable, _, found = detect(text)
    except Exception as error:  # characters that it cannot read are no reason not to show the conversation
        log.debug("a text's language was not found out (%s)", type(error).__name__)
        return None
    _, code, share, _ = found[0]
    language = str(code).partition("-")[0]
    return language if is_reliable and share >= _SHARE and language in LANGUAGES else None


@functools.cache
def _library() -> Callable[[str], Any] | None:
    """What tells languages apart; None on machines that it is not made for."""
    try:
        import pycld2
    except ImportError:
        log.info("the language that citizens write in is not found out: pycld2 is not made for this machine")
        return None
    detect: Callable[[str], Any] = pycld2.detect
    return detect
