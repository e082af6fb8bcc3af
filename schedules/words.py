"""Office hours as the configuration writes them, and the table of ``./linea hours``, in Italian and English.

What citizens are told of the hours is in ``texts.hours``.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from babel.dates import format_date

from schedules.days import Day, day
from settings import Hours, Span


@dataclass(frozen=True, slots=True)
class _Language:
    """What differs between languages. ``rules`` is what ``schedules.hours`` calls the rule of a day."""

    locale: str
    closed: str
    rules: dict[str, str]


_ITALIAN = _Language(
    locale="it",
    closed="chiuso",
    rules={
        "weekly hours": "orario settimanale",
        "special opening": "apertura straordinaria",
        "holiday": "festività",
        "holiday of the town": "festa del comune",
        "closed": "chiusura",
        "calendar": "calendario",
        "regular opening": "apertura ricorrente",
        "season": "stagione",
        "lunch": "pausa pranzo",
        "without": "senza",
    },
)
_ENGLISH = _Language(locale="en", closed="closed", rules={})
_LANGUAGES = {"it": _ITALIAN, "en": _ENGLISH}


def _language(lang: str) -> _Language:
    """The language (of ``it-CH`` only the first two letters count); English where we do not speak it."""
    return _LANGUAGES.get(lang[:2].lower(), _ENGLISH)


def clock(minutes: int) -> str:
    """Minutes of a day as 08:30; past midnight they count on from 00:00."""
    return "24:00" if minutes == 24 * 60 else f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"


def spans_in_words(spans: tuple[Span, ...]) -> str:
    """``08:30-13:00, 15:00-18:00``, as the configuration writes them."""
    return ", ".join(f"{clock(span.start)}-{clock(span.end)}" for span in spans)


def table(hours: Hours, start: date, days: int = 14, lang: str = "en") -> str:
    """The days from ``start`` on, a line each: the date, the hours, and the rule that decided them.

    What was cut from the day's hours follows the rule, each with its own.
    """
    words = _language(lang)
    rows = []
    for number in range(days):
        decided = day(hours, start + timedelta(days=number))
        when = format_date(decided.date, "EEE d MMM y", locale=words.locale)
        rows.append((when, spans_in_words(decided.spans) or words.closed, _rules(decided, words)))
    widths = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
    return "\n".join(f"{when:<{widths[0]}}  {spans:<{widths[1]}}  {rule}" for when, spans, rule in rows)


def _rules(decided: Day, words: _Language) -> str:
    without = words.rules.get("without", "without")
    cuts = [
        f"{without} {spans_in_words((cut.span,))} ({rule_in_words(cut.rule, words.locale)})"
        for cut in decided.cuts
    ]
    return "; ".join([rule_in_words(decided.rule, words.locale), *cuts])


def rule_in_words(rule: str, lang: str) -> str:
    """A rule's name in the language; what stands after its colon is the office's or the calendar's own."""
    head, colon, rest = rule.partition(": ")
    return f"{_language(lang).rules.get(head, head)}{colon}{rest}"
