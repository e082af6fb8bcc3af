"""Whether the office is open: pure functions of the hours in ``config.yaml`` and a moment.

What decides a day is in ``schedules.days``. A span past midnight belongs to the day it begins on, whatever the next
day is.

Times are those of the clock on the wall, one that is never turned back: an edge counts from the first
moment at which such a clock shows it or later. Where summer time begins and 02:30 does not exist, that is
the jump from 02:00 to 03:00; where summer time ends and 02:30 comes twice, it is the first one, so that an
office never closes and opens again in the hour that is repeated.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from schedules.days import DAY_MINUTES, day
from settings import Hours

HORIZON = timedelta(days=400)
"""How far ahead an opening or a closing is looked for: past the longest closure an office has."""
_DAY = timedelta(days=1)
_BEFORE = timedelta(days=2)
"""A span of the day before may go on, and in some zones the clock goes back over midnight."""


@dataclass(frozen=True, slots=True)
class OfficeState:
    """Open or not at a moment. ``until``: when it closes; ``reopens``: when it opens; None: not in sight.

    ``rule`` is what decided it: ``weekly hours``, ``special opening``, ``holiday: Natale``,
    ``holiday of the town``, ``closed: Chiusura natalizia``, ``season: Estate``, ``lunch``; ``reason`` is the name of
    the holiday, closure or opening.
    """

    open: bool
    until: datetime | None
    reopens: datetime | None
    reason: str | None
    rule: str


@dataclass(frozen=True, slots=True)
class Transition:
    """The office opens (``open``) or closes at a moment."""

    at: datetime
    open: bool


@dataclass(frozen=True, slots=True)
class _Piece:
    """A span as moments in UTC, with its day and the rule of that."""

    day: date
    begins: datetime
    ends: datetime
    rule: str
    reason: str | None


@dataclass(frozen=True, slots=True)
class _Opening:
    """Spans that touch or overlap, as one; ``ends`` is None where no end is in sight."""

    begins: datetime
    ends: datetime | None
    pieces: tuple[_Piece, ...]


@lru_cache(maxsize=2048)
def _pieces(hours: Hours, timezone: ZoneInfo, on: date) -> tuple[_Piece, ...]:
    """The day's spans as moments; those that a jump of the clock swallowed whole are left out."""
    decided = day(hours, on)
    found = (
        _Piece(on, begins, ends, decided.rule, decided.reason)
        for begins, ends in (
            (_moment(on, span.start, timezone), _moment(on, span.end, timezone)) for span in decided.spans
        )
    )
    return tuple(piece for piece in found if piece.begins < piece.ends)


def _moment(on: date, minutes: int, timezone: ZoneInfo) -> datetime:
    """The first moment at which the clock shows ``minutes`` or more after the midnight that begins ``on``."""
    days, rest = divmod(minutes, DAY_MINUTES)
    wall = datetime.combine(on + days * _DAY, time(*divmod(rest, 60)))
    first = wall.replace(tzinfo=timezone).astimezone(UTC)
    if _wall(first, timezone) == wall:
        return first
    # The clock jumps over this time (PEP 495): fold=1 is a moment before the jump, fold=0 one after it.
    before, after = wall.replace(tzinfo=timezone, fold=1).astimezone(UTC), first
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if _wall(middle, timezone) >= wall:
            after = middle
        else:
            before = middle
    return after


def _wall(moment: datetime, timezone: ZoneInfo) -> datetime:
    return moment.astimezone(timezone).replace(tzinfo=None)


def _openings(hours: Hours, timezone: ZoneInfo, start: date, end: date) -> Iterator[_Opening]:
    """The openings of the days ``start`` to ``end``, in order; one that reaches past ``end`` has no end."""
    pieces: list[_Piece] = []
    until: datetime | None = None
    for piece in _in_order(hours, timezone, start, end):
        if until is not None and piece.begins > until:
            yield _Opening(pieces[0].begins, until, tuple(pieces))
            pieces, until = [], None
        pieces.append(piece)
        until = max(until or piece.ends, piece.ends)
    if until is not None:
        beyond = until >= _moment(end, DAY_MINUTES, timezone)
        yield _Opening(pieces[0].begins, None if beyond else until, tuple(pieces))


def _in_order(hours: Hours, timezone: ZoneInfo, start: date, end: date) -> Iterator[_Piece]:
    """The pieces of these days by their beginnings: one of a night may begin after the first of the next day."""
    night: list[_Piece] = []
    on = start
    while on <= end:
        pieces = sorted([*night, *_pieces(hours, timezone, on)], key=lambda piece: piece.begins)
        midnight = _moment(on, DAY_MINUTES, timezone)
        yield from (piece for piece in pieces if piece.begins < midnight)
        night = [piece for piece in pieces if piece.begins >= midnight]
        on += _DAY
    yield from night


@lru_cache(maxsize=1024)
def _around(hours: Hours, timezone: ZoneInfo, today: date) -> tuple[_Opening, ...]:
    """The openings that matter for a moment of ``today``: up to the first that begins after it."""
    tomorrow = _moment(today, 2 * DAY_MINUTES, timezone)
    found = []
    for opening in _openings(hours, timezone, today - _BEFORE, today + HORIZON):
        near = tuple(piece for piece in opening.pieces if piece.begins <= tomorrow)
        found.append(_Opening(opening.begins, opening.ends, near))
        if opening.begins > tomorrow:
            break
    return tuple(found)


def state(hours: Hours, timezone: ZoneInfo, moment: datetime) -> OfficeState:
    """Whether the office is open at ``moment``, and until or from when; moments come back in its time zone.

    The moment of opening is open, that of closing is closed.

    Raises
    ------
    ValueError
        If ``moment`` has no time zone.
    """
    now = _aware(moment)
    today = now.astimezone(timezone).date()
    for opening in _around(hours, timezone, today):
        if opening.ends is not None and opening.ends <= now:
            continue
        if opening.begins > now:
            reopens = opening.begins.astimezone(timezone)
            return OfficeState(False, None, reopens, *_why_closed(hours, timezone, now))
        until = opening.ends.astimezone(timezone) if opening.ends is not None else None
        now_open = (piece for piece in opening.pieces if piece.begins <= now < piece.ends)
        piece = max(now_open, key=lambda piece: piece.day)
        return OfficeState(True, until, None, piece.reason, piece.rule)
    return OfficeState(False, None, None, *_why_closed(hours, timezone, now))


def _why_closed(hours: Hours, timezone: ZoneInfo, now: datetime) -> tuple[str | None, str]:
    """The reason and the rule: those of what was cut out at this time, else those of the day."""
    local = now.astimezone(timezone)
    minute = local.hour * 60 + local.minute
    today, yesterday = day(hours, local.date()), day(hours, local.date() - _DAY)
    for decided, at in ((today, minute), (yesterday, minute + DAY_MINUTES)):
        for cut in decided.cuts:
            if cut.span.start <= at < cut.span.end:
                return cut.reason, cut.rule
    return today.reason, today.rule


def last_change(hours: Hours, timezone: ZoneInfo, moment: datetime) -> Transition | None:
    """The latest opening or closing up to ``moment``; None where there was none within the horizon."""
    for days in (2, 10, HORIZON.days):
        found = list(transitions(hours, timezone, moment - timedelta(days=days), moment))
        if found:
            return found[-1]
    return None


def transitions(hours: Hours, timezone: ZoneInfo, start: datetime, end: datetime) -> Iterator[Transition]:
    """Every opening and closing after ``start`` and up to ``end``, in order.

    Raises
    ------
    ValueError
        If a moment has no time zone.
    """
    first, last = _aware(start), _aware(end)
    begin = first.astimezone(timezone).date() - _BEFORE
    # A day more than asked for, so that an opening that goes on is not taken to end there.
    for opening in _openings(hours, timezone, begin, last.astimezone(timezone).date() + _DAY):
        if opening.begins > last:
            return
        for at, is_open in ((opening.begins, True), (opening.ends, False)):
            if at is not None and first < at <= last:
                yield Transition(at.astimezone(timezone), is_open)


def _aware(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise ValueError("a moment without a time zone says nothing about the office's clock")
    return moment.astimezone(UTC)
