"""Days that come back, in words: ``first and third Saturday of the month``, ``lunedì dopo la seconda domenica di
settembre``, ``8 settembre``, ``day before a holiday``. English and Italian, capitals and accents as one likes.

``parse_rule`` takes what the file has and raises ``Unfit`` (a ``ValueError``) for anything it cannot use.
"""

import difflib
import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from settings.faults import Unfit
from settings.values import YearDay, parse_year_day

_DAY = timedelta(days=1)
_WEEK = 7
_EXPECTED = (
    'days such as "first and third Saturday of the month", "every last Thursday", '
    '"Monday after the second Sunday of September", "8 September" or "day before a holiday" '
    '(in Italian as well: "primo e terzo sabato del mese", "8 settembre", "prefestivo")'
)


@dataclass(frozen=True, slots=True)
class Weekdays:
    """Weekdays (0 is Monday) of the week, of some months (1 to 12), or the first, second… last (-1) of a month."""

    weekdays: tuple[int, ...]
    ordinals: tuple[int, ...] = ()
    months: tuple[int, ...] = ()

    def falls_on(self, on: date) -> bool:
        """Whether ``on`` is one of them."""
        if on.weekday() not in self.weekdays or (self.months and on.month not in self.months):
            return False
        if not self.ordinals:
            return True
        left = monthrange(on.year, on.month)[1] - on.day
        return (on.day - 1) // _WEEK + 1 in self.ordinals or -(left // _WEEK + 1) in self.ordinals


@dataclass(frozen=True, slots=True)
class Beside:
    """The nearest of some weekdays after a day, or before it (``step`` 1 or -1); never that day itself."""

    weekday: int
    step: int
    anchor: "Weekdays | YearDay"

    def falls_on(self, on: date) -> bool:
        """Whether ``on`` is that day."""
        if on.weekday() != self.weekday:
            return False
        return any(_falls_on(self.anchor, on - self.step * far * _DAY) for far in range(1, _WEEK + 1))


@dataclass(frozen=True, slots=True)
class Eve:
    """The day before a public holiday or one of the town's own."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Days that come back; ``text`` is how the file says it."""

    text: str
    days: Weekdays | YearDay | Beside | Eve

    def falls_on(self, on: date, is_holiday: Callable[[date], bool]) -> bool:
        """Whether ``on`` is one of these days."""
        if isinstance(self.days, Eve):
            return is_holiday(on + _DAY)
        return _falls_on(self.days, on)


def _falls_on(days: Weekdays | YearDay | Beside, on: date) -> bool:
    if isinstance(days, YearDay):
        return (days.month, days.day) == (on.month, on.day)
    return days.falls_on(on)


def _numbered(*spellings: str, first: int = 0) -> dict[str, int]:
    """Each word of each spelling with its number in it; words are separated by blanks."""
    return {
        word: number for spelling in spellings for number, word in enumerate(spelling.split(), start=first)
    }


_WEEKDAYS = _numbered(
    "monday tuesday wednesday thursday friday saturday sunday",
    "mondays tuesdays wednesdays thursdays fridays saturdays sundays",
    "mon tue wed thu fri sat sun",
    "lunedi martedi mercoledi giovedi venerdi sabato domenica",
    "lunedi martedi mercoledi giovedi venerdi sabati domeniche",
    "lun mar mer gio ven sab dom",
)
_MONTHS = _numbered(
    "january february march april may june july august september october november december",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    first=1,
)
_ORDINALS = _numbered(
    "first second third fourth fifth",
    "1st 2nd 3rd 4th 5th",
    "1o 2o 3o 4o 5o",
    "1a 2a 3a 4a 5a",
    "primo secondo terzo quarto quinto",
    "prima seconda terza quarta quinta",
    first=1,
) | {"last": -1, "ultimo": -1, "ultima": -1, "penultimate": -2, "penultimo": -2, "penultima": -2}
_SIDES = {"after": 1, "dopo": 1, "before": -1}
_EVES = {
    "day before holiday",
    "giorno before holiday",
    "eve holiday",
    "vigilia holiday",
    "prefestivo",
    "prefestivi",
}
_HOLIDAY = {"holiday", "holidays", "festivita", "festa", "festivo", "festivi"}
_FILLERS = {
    *("the", "of", "a", "an", "and", "every", "each", "on", "in", "month", "months", "public"),
    *("il", "la", "lo", "l", "i", "gli", "le", "di", "del", "della", "dello", "delle", "dei", "e", "ogni"),
    *("mese", "mesi", "nel", "un", "una"),
}


def parse_rule(value: object) -> Rule:
    """Days that come back, in words."""
    if isinstance(value, Rule):
        return value
    if not isinstance(value, str) or not value.strip():
        raise Unfit(_EXPECTED)
    text = " ".join(value.split())
    if re.fullmatch(r"[0-9]{2}-[0-9]{2}", text):
        return Rule(text, parse_year_day(text))
    words = _words(text)
    sides = [place for place, word in enumerate(words) if word in _SIDES]
    if " ".join("holiday" if word in _HOLIDAY else word for word in words) in _EVES:
        return Rule(text, Eve())
    if not sides:
        return Rule(text, _days(words))
    here, anchor = words[: sides[0]], words[sides[0] + 1 :]
    if len(here) != 1 or here[0] not in _WEEKDAYS:
        raise Unfit(f"one weekday before “{words[sides[0]]}”: {_EXPECTED}")
    return Rule(text, Beside(_WEEKDAYS[here[0]], _SIDES[words[sides[0]]], _days(anchor)))


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    plain = plain.replace("°", "o")
    # "prima" is both "first" and "before": before a "di" it is the latter.
    plain = re.sub(r"\bprima d(i|el|ella|ello|ell|ei|elle)\b", "before", plain)
    return [word for word in re.findall(r"[0-9]+(?:st|nd|rd|th|o|a)?|[a-z]+", plain) if word not in _FILLERS]


def _days(words: list[str]) -> Weekdays | YearDay:
    """``first third saturday``, ``8 september``, ``second sunday september``."""
    unknown = [word for word in words if not (word.isdigit() or word in _WEEKDAYS | _MONTHS | _ORDINALS)]
    if unknown:
        known = [*_WEEKDAYS, *_MONTHS, *_ORDINALS, *_SIDES, *_HOLIDAY]
        near = difflib.get_close_matches(unknown[0], known, n=1, cutoff=0.7)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise Unfit(f"{_EXPECTED}; “{unknown[0]}” is no word known here{hint}")
    numbers = [int(word) for word in words if word.isdigit()]
    months = tuple(_MONTHS[word] for word in words if word in _MONTHS)
    weekdays = tuple(_WEEKDAYS[word] for word in words if word in _WEEKDAYS)
    ordinals = tuple(_ORDINALS[word] for word in words if word in _ORDINALS)
    if numbers:
        if weekdays or ordinals or len(numbers) != 1 or len(months) != 1:
            raise Unfit(f"a day and its month, and nothing else: 8 September, or {_EXPECTED}")
        return parse_year_day(f"{months[0]:02}-{numbers[0]:02}")
    if not weekdays:
        raise Unfit(f"a weekday in it: {_EXPECTED}")
    return Weekdays(weekdays, ordinals, months)
