"""Until when, as operators type it: ``until 15:00``, ``fino alle 15``, ``20m``, ``fino a domani alle 9``, ``24/12``."""

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_DAY = timedelta(days=1)
LONGEST = timedelta(days=366)
"""An absence that is longer belongs in config.yaml; so does a date of last year, which is a slip."""

_FILLERS = "until till fino al alle all a la le per for at on il i l ore and e the"
_WEEKDAYS = (
    ("monday", "lunedi"),
    ("tuesday", "martedi"),
    ("wednesday", "mercoledi"),
    ("thursday", "giovedi"),
    ("friday", "venerdi"),
    ("saturday", "sabato"),
    ("sunday", "domenica"),
)
_MONTHS = (
    *("january gennaio", "february febbraio", "march marzo", "april aprile", "may maggio", "june giugno"),
    *("july luglio", "august agosto", "september settembre", "october ottobre", "november novembre"),
    "december dicembre",
)
_NEAR = {"today": 0, "oggi": 0, "tomorrow": 1, "domani": 1, "dopodomani": 2}
_TIMES = {"noon": 12, "mezzogiorno": 12, "midnight": 24, "mezzanotte": 24}
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "g": "days", "o": "hours"}

_LENGTH = re.compile(r"([0-9]{1,3}) ?(m|min|minutes?|minut[oi]|h|hours?|or[ae]|d|days?|g|giorn[oi])")
_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_FIGURES = re.compile(r"([0-9]{1,2})/([0-9]{1,2})(?:/([0-9]{4}))?")
_IN_WORDS = re.compile(r"([0-9]{1,2}) ([a-z]+)(?: ([0-9]{4}))?")
_CLOCK = re.compile(r"([0-9]{1,2})(?:[:.]([0-9]{2}))? ?(am|pm)?")


def until(argument: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """The moment that is meant, by the clock on the wall in ``zone``; None for no words at all.

    A time without a day is the next one the clock shows; a day without a time is its first moment.

    Raises
    ------
    ValueError
        If the words are no moment, or one that is past or more than a year away.
    """
    text = _plain(argument)
    if not text:
        if argument.strip():
            raise ValueError(argument)
        return None
    local = now.astimezone(zone)
    length = _LENGTH.fullmatch(text)
    if length is not None:
        moment = now + timedelta(**{_UNITS[length[2][0]]: int(length[1])})
    else:
        on, rest = _day(text, local.date())
        after_midnight = _clock(rest) if rest else timedelta()
        midnight = datetime.combine(on or local.date(), time(), zone)
        moment = midnight + after_midnight  # by the clock on the wall, as always within one zone
        if on is None and moment <= local:
            moment += _DAY
    if not now < moment <= now + LONGEST:
        raise ValueError(argument)
    return moment.astimezone(zone)


def _plain(text: str) -> str:
    """Small letters without accents, and without the words that only join the others."""
    letters = unicodedata.normalize("NFKD", text.casefold().replace("'", " ").replace("’", " "))
    words = "".join(letter for letter in letters if not unicodedata.combining(letter)).split()
    return " ".join(word for word in words if word not in _FILLERS.split())


def _day(text: str, today: date) -> tuple[date | None, str]:
    """The day that ``text`` begins with, if it does, and what stands after it."""
    first, _, rest = text.partition(" ")
    if first in _NEAR:
        return today + _NEAR[first] * _DAY, rest
    for weekday, names in enumerate(_WEEKDAYS):
        if first in names:
            return today + ((weekday - today.weekday() - 1) % 7 + 1) * _DAY, rest
    if found := _ISO.match(text):
        return date(int(found[1]), int(found[2]), int(found[3])), text[found.end() :].strip()
    if found := _FIGURES.match(text):
        return _next(int(found[1]), int(found[2]), found[3], today), text[found.end() :].strip()
    if found := _IN_WORDS.match(text):
        for month, spellings in enumerate(_MONTHS, start=1):
            if found[2] in spellings.split():
                return _next(int(found[1]), month, found[3], today), text[found.end() :].strip()
    return None, text


def _next(day: int, month: int, year: str | None, today: date) -> date:
    """That day of that year, or without one, the next such day."""
    if year is not None:
        return date(int(year), month, day)
    on = date(today.year, month, day)
    return on if on >= today else date(today.year + 1, month, day)


def _clock(text: str) -> timedelta:
    """What a clock shows, as the time since midnight; 24:00 is the end of the day."""
    if text in _TIMES:
        return timedelta(hours=_TIMES[text])
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise ValueError(text)
    hour, minute = int(found[1]), int(found[2] or 0)
    if found[3] is not None:
        if not 1 <= hour <= 12:
            raise ValueError(text)
        hour = hour % 12 + (12 if found[3] == "pm" else 0)
    if minute > 59 or hour * 60 + minute > 24 * 60:
        raise ValueError(text)
    return timedelta(hours=hour, minutes=minute)
