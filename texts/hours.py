"""Opening hours as people say them: "Riapriamo lunedì alle 8:30", "We are back on Monday at 8:30 am"."""

from datetime import date, datetime, time, timedelta

from babel.dates import format_date, format_skeleton, format_time

from texts.language import Language, Words

_WEEK = 7
"""Days: within them a weekday's name alone says which day is meant."""


def office_in_words(
    words: Words,
    now: datetime,
    *,
    is_open: bool,
    until: datetime | None = None,
    reopens: datetime | None = None,
    reason: str | None = None,
) -> str:
    """Whether the office is there and when that changes, in one or two sentences.

    All moments are in the office's own time zone. Open with `until=None` is "always open"; closed with
    `reopens=None` says nothing about the next opening.
    """
    if is_open:
        return until_in_words(words, until, now)
    sentence = words("closed_reason", reason=reason) if reason else words("closed")
    return sentence if reopens is None else words.joined(sentence, reopens_in_words(words, reopens, now))


def reopens_in_words(words: Words, reopens: datetime, now: datetime) -> str:
    """When the office is back; both moments in its own time zone."""
    return words(f"reopens_{_nearness(reopens.date(), now.date())}", **_parts(words, reopens, now))


def until_in_words(words: Words, until: datetime | None, now: datetime) -> str:
    """Until when the office is there; both moments in its own time zone, None is always."""
    if until is None:
        return words("open_always")
    if until.time() == time.min and until.date() == now.date() + timedelta(days=1):
        return words("open_until_midnight")
    return words(f"open_until_{_nearness(until.date(), now.date())}", **_parts(words, until, now))


def clock(language: Language, moment: datetime) -> str:
    """The time of day: 8:30, 8:30 am, 8 h 30."""
    pattern = language.full_hour if language.full_hour and moment.minute == 0 else language.clock
    return format_time(moment.time(), pattern, locale=language.locale)


def day_and_clock(language: Language, moment: datetime) -> str:
    """The date in figures and the time of day: 24/11/2026 8:30."""
    return f"{format_skeleton('yMd', moment, locale=language.locale)} {clock(language, moment)}"


def _nearness(on: date, today: date) -> str:
    days = (on - today).days
    if days in (0, 1):
        return ("today", "tomorrow")[days]
    return "weekday" if 0 < days < _WEEK else "date"


def _parts(words: Words, moment: datetime, now: datetime) -> dict[str, str]:
    """What the sentences may be made of."""
    language = words.language
    at = clock(language, moment)
    odd = "_odd" if moment.hour == language.odd_hour else ""
    return {
        "time": at,
        "at": words(f"at{odd}", time=at),
        "until": words(f"until{odd}", time=at),
        "weekday": _weekday(language, moment.date()),
        "date": _date(language, moment.date(), now.date()),
    }


def _weekday(language: Language, on: date) -> str:
    return language.weekdays[on.weekday()] if language.weekdays else format_date(on, "EEEE", language.locale)


def _date(language: Language, on: date, today: date) -> str:
    """The day and the month, with the year when it is not this one."""
    if on.year == today.year:
        said = format_skeleton("MMMMd", on, locale=language.locale)
    else:
        said = format_date(on, "long", locale=language.locale)
    return said.replace("1", language.first, 1) if language.first and on.day == 1 else said
