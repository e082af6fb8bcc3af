"""Ready answers: filled in for this citizen, found by a half-remembered name, suggested by what was asked."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from rapidfuzz import fuzz, process, utils

from routing.bridge import ConversationInfo
from schedules.days import day
from schedules.words import spans_in_words
from settings import PLACEHOLDER, Reply, Settings
from texts import Words

_CLOSE_ENOUGH = 75
"""Similarity, of 100, at which a mistyped name is taken for the real one."""
_FITS_QUESTION = 70
"""Similarity, of 100, of question and answer from which on it is worth a button: below it is chance."""
_SUGGESTED = 3
"""Buttons under a question: more would be a menu, and that there is, too."""
_SHORT = 4
"""Letters from which on a word says what a question is about: "come" and "per" are in all of them."""

_POLITE = {
    *(
        "buongiorno",
        "buonasera",
        "salve",
        "grazie",
        "prego",
        "cordiali",
        "saluti",
        "vorrei",
        "potrei",
        "posso",
    ),
    *("hello", "good", "morning", "evening", "please", "thanks", "thank", "would", "could"),
}
"""Words that a question and an answer share without being about the same."""


def by_name(replies: tuple[Reply, ...], name: str) -> Reply | None:
    """The answer of this name, or the one whose name is nearly that."""
    best = process.extractOne(name.casefold(), [reply.name.casefold() for reply in replies])
    return replies[best[2]] if best is not None and best[1] >= _CLOSE_ENOUGH else None


def suggested(replies: tuple[Reply, ...], question: str) -> tuple[str, ...]:
    """The names of the answers that fit what was asked, the best first."""
    asked = _telling(question)
    if not asked:
        return ()
    scored = [(max(_likeness(asked, text) for text in _texts(reply)), reply.name) for reply in replies]
    good = sorted((pair for pair in scored if pair[0] >= _FITS_QUESTION), reverse=True)
    return tuple(name for _, name in good[:_SUGGESTED])


def _texts(reply: Reply) -> list[str]:
    texts = [reply.text] if isinstance(reply.text, str) else list(reply.text.values())
    return [_telling(f"{reply.name} {text}") for text in texts]


def _telling(text: str) -> str:
    return " ".join(
        word for word in utils.default_process(text).split() if len(word) >= _SHORT and word not in _POLITE
    )


def _likeness(asked: str, answer: str) -> float:
    """How much of what was asked the answer speaks of, word by word, endings aside."""
    words, theirs = asked.split(), answer.split()
    if not theirs:
        return 0.0
    best = sorted((max(fuzz.ratio(word, other) for other in theirs) for word in words), reverse=True)
    strongest = best[:2]
    return sum(strongest) / len(strongest)


def filled(reply: Reply, info: ConversationInfo, settings: Settings, words: Words, now: datetime) -> str:
    """The answer in the citizen's language, with what its placeholders stand for."""
    text = reply.text_in(info.lang, settings.office.language)
    today = now.astimezone(ZoneInfo(settings.office.timezone)).date()
    spans = day(settings.hours_of(info.department), today).spans
    values = {
        "name": info.name or "",
        "hours": spans_in_words(spans) if spans else words("state_closed").lower(),
        "office": settings.office.name,
    }
    if not info.name:
        text = re.sub(r"[ \t]*\{name\}", "", text)  # "Buongiorno {name}," is to read "Buongiorno,"
    return PLACEHOLDER.sub(lambda match: values[match[1]], text).strip()
