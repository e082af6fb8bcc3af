"""How a conversation stands, in the few words that its heading carries on every platform."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from models.journal import Record
from models.tables import Author, Kind, State, What
from routing.bridge import ConversationInfo
from routing.texts import say

_SIGNS = {State.WAITING: "🟡", State.ACTIVE: "🟢", State.CLOSED: "✅"}
_WAITS_AGAIN = (What.REOPENED, What.PASSED)
_UNANSWERED, _LEFT = "🟠", "➡️"
EARLIER = 3
"""How many of the citizen's earlier conversations a heading names."""
NOBODY_YET = "/nobody-yet/"
"""What the key of the hub's reminder has in it, that nobody has answered the citizen's last word."""


@dataclass(slots=True, frozen=True)
class Glance:
    """What is to be seen without reading: a sign for the state, and a line for each thing that matters."""

    sign: str
    lines: tuple[str, ...]
    blocked: bool = False
    """The citizen may not write at the moment."""

    def flat(self) -> str:
        """All of it on one line."""
        return " · ".join((f"{self.sign} {self.lines[0]}", *self.lines[1:]))


def glance(
    info: ConversationInfo,
    entries: Iterable[Record],
    language: str,
    zone: ZoneInfo,
    spoken: str | None = None,
    *,
    blocked: bool = False,
    earlier: Sequence[ConversationInfo] = (),
) -> Glance:
    """What ``entries``, all that happened so far or ``Store.turns`` of it, say of how the conversation stands.

    ``spoken`` is the language that the citizen writes in, where it is another one than the page's; ``blocked`` says
    that a block is in force now; ``earlier`` are the citizen's conversations before this one, as far as they agreed to
    that and the newest first.
    """
    last: dict[str, Record] = {}
    waiting_since = info.created_at
    unanswered: int | None = None
    reminded = False
    for entry in entries:
        last[entry.kind] = entry
        if entry.kind in _WAITS_AGAIN:
            waiting_since = entry.created_at
        if entry.kind in (What.MESSAGE, What.FILE) and entry.author != Author.SYSTEM:
            asks = entry.author == Author.VISITOR
            unanswered = (unanswered or entry.created_at) if asks else None
            reminded = reminded and asks
        elif NOBODY_YET in entry.origin_key:
            reminded = True
    sign = sign_of(info)
    if info.state == State.CLOSED:
        state = _closed(last.get(What.CLOSED), language)
    elif info.taken_by:
        state = say(language, "taken_by", name=info.taken_by)
        if unanswered is not None and reminded:
            sign = _UNANSWERED
            state = f"{state} – {say(language, 'waits_again', time=moment(unanswered, zone))}"
    else:
        state = say(language, "waiting_since", time=moment(waiting_since, zone))
    lines = [state, say(language, "open_since", time=moment(info.created_at, zone))]
    if spoken is not None:
        lines.append(say(language, "writes_in", language=say(language, f"language_{spoken}")))
    block = last.get(What.BLOCKED)
    if blocked and block is not None:
        until = block.data.get("until") or ""
        lines.append(f"🚫 {say(language, 'blocked_by', name=block.name or '', until=until)}")
    if earlier:
        lines.append(say(language, "wrote_before", when=_when(earlier, zone)))
    tried, rating = last.get(What.TRIED), last.get(What.RATING)
    if tried is not None and info.state != State.CLOSED and info.kind == Kind.CALLBACK:
        tries = tried.data.get("tries")
        lines.append(say(language, "tried", name=tried.name or "", tries=tries))
    if rating is not None:
        comment = str(rating.data.get("comment") or "")
        lines.append(say(language, "rated", score=rating.data.get("score"), comment=comment).rstrip())
    return Glance(sign, tuple(lines), blocked)


def left_for(department: str | None, language: str) -> Glance:
    """What stands over the thread that a conversation has left for another channel or group."""
    return Glance(_LEFT, (say(language, "goes_on_elsewhere", department=department or "–"),))


def sign_of(info: ConversationInfo) -> str:
    """🟡 nobody has it, 🟢 somebody has, ✅ it is over; 🟠, which only its entries tell, is for ``glance`` to say."""
    if info.state == State.ACTIVE and not info.taken_by:
        return _SIGNS[State.WAITING]
    return _SIGNS[State(info.state)]


def changes_heading(entry: Record) -> bool:
    """Whether a conversation may stand differently after ``entry``: what a citizen writes only makes it longer."""
    return entry.author != Author.VISITOR or entry.kind not in (What.MESSAGE, What.FILE)


def _when(earlier: Sequence[ConversationInfo], zone: ZoneInfo) -> str:
    shown = [
        f"{_day(one.created_at, zone)} ({one.department})" if one.department else _day(one.created_at, zone)
        for one in earlier[:EARLIER]
    ]
    return ", ".join([*shown, "…"] if len(earlier) > EARLIER else shown)


def _day(milliseconds: int, zone: ZoneInfo) -> str:
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC).astimezone(zone):%d/%m/%Y}"


def _closed(entry: Record | None, language: str) -> str:
    if entry is None or entry.author == Author.VISITOR:
        return say(language, "closed_by_visitor")
    return say(language, "closed_by", name=entry.name or "")


def moment(milliseconds: int, zone: ZoneInfo) -> str:
    """A moment as a heading shows it: it may be read days later, so the day is part of it."""
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC).astimezone(zone):%d/%m %H:%M}"
