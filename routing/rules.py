"""Which department a new conversation belongs to: the first rule that fits wins."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache

from settings import Department, Settings, When

_WITHOUT_BLANKS = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff]"
)
"""Scripts that put no blanks between words, where a word is found anywhere."""


@dataclass(slots=True, frozen=True)
class Asked:
    """What is known of a conversation when its department is chosen; ``chosen`` is the citizen's own choice."""

    chosen: str | None = None
    page: str | None = None
    lang: str | None = None
    text: str | None = None


@dataclass(slots=True, frozen=True)
class Condition:
    """One key of a rule, what it asks for, and whether that is so."""

    key: str
    wanted: str
    holds: bool


def choose_department(settings: Settings, asked: Asked, is_open: Callable[[str], bool]) -> str | None:
    """The citizen's own choice, where there is such a department, else the first whose rule fits.

    ``is_open`` says whether a department is there at this moment.
    """
    named = find_department(settings, asked.chosen) if asked.chosen else None
    if named is not None:
        return named.name
    for department in settings.departments:
        if department.when is not None and fits(department.when, conditions(department, asked, is_open)):
            return department.name
    return None


def fits(when: When, found: list[Condition]) -> bool:
    """Whether a rule fits whose conditions these are."""
    return (any if when.match == "any" else all)(condition.holds for condition in found)


def conditions(department: Department, asked: Asked, is_open: Callable[[str], bool]) -> list[Condition]:
    """Each condition of a department's rule, in the order of the keys; none for one without a rule."""
    when = department.when
    if when is None:
        return []
    found = []
    if when.page is not None:
        page = (asked.page or "").lower()
        found.append(Condition("page", when.page, bool(page) and fnmatchcase(page, when.page.lower())))
    if when.language is not None:
        lang = (asked.lang or "").replace("_", "-").partition("-")[0].lower()
        found.append(Condition("language", ", ".join(when.language), lang in when.language))
    if when.words is not None:
        there = first_word(when.words, asked.text or "")
        found.append(Condition("words", there or ", ".join(when.words), there is not None))
    if when.open is not None:
        wanted = "true" if when.open else "false"
        found.append(Condition("open", wanted, is_open(department.name) == when.open))
    return found


def first_word(words: tuple[str, ...], text: str) -> str | None:
    """The first of these words and phrases that stands in ``text``: whole, in any case, accents or none."""
    plain = _plain(text)
    return next((word for word in words if _pattern(word).search(plain)), None)


def _plain(text: str) -> str:
    """Without capitals and accents: whoever types on a phone leaves both out."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


@lru_cache(maxsize=4096)
def _pattern(word: str) -> re.Pattern[str]:
    """A word or phrase as it may stand in a text: ``tribut*`` also as ``tributi``, whatever is between words."""
    plain = _plain(word)
    inner = r"[\W_]+".join(re.findall(r"[^\W_]+", plain))
    if _WITHOUT_BLANKS.search(word):
        return re.compile(inner)
    return re.compile(rf"(?<![^\W_]){inner}" + ("" if plain.endswith("*") else r"(?![^\W_])"))


def find_department(settings: Settings, name: str) -> Department | None:
    """The department of this name, in any case."""
    wanted = name.strip().casefold()
    for department in settings.departments:
        if department.name.casefold() == wanted:
            return department
    return None
