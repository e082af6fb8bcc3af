"""Around opening and closing: what is announced, whom it is said to in a chat, and who is asked for contact details.

Everything follows from the moment, the configuration and the record: it may be asked for at any time, any number of
times, by a process that slept or was restarted, and says each thing once.
"""

import logging
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from models.errors import StorageError
from models.journal import Draft, Record, Transaction
from models.tables import Author, Conversation, Kind, State, Switch, What, now_ms
from routing.bridge import ConversationInfo
from routing.changes import HUB
from routing.duties import ClockDuties
from routing.office import closed_since, end_of, in_force
from routing.texts import say
from schedules.hours import last_change, state
from texts.hours import reopens_in_words, until_in_words

log = logging.getLogger(__name__)

STALE_AFTER = timedelta(minutes=10)
"""An announcement this late (the machine slept) says nothing new any more and is left out."""
_IN_A_CHAT = timedelta(hours=1)
"""Who wrote or was written to within it is in a chat; others need not hear that the office closes."""
_MOST = 1000
"""Conversations looked at, the latest first."""


class Shifts(ClockDuties):
    """The hub's duties around opening and closing."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self._announced: dict[str | None, datetime] = {}
        self._settled: dict[str, tuple[int, datetime]] = {}
        self._shown: dict[str | None, bool] | None = None

    def next_change(self) -> datetime | None:
        """The next moment at which ``keep_hours`` has something to do; None where there is none in sight."""
        now = self.now()
        closing, zone = self.settings.closing, ZoneInfo(self.settings.office.timezone)
        moments = [end_of(self.switch)] if self.switch is not None else []
        for department in self.settings.with_own_hours:
            by_hours = state(self.settings.hours_of(department), zone, now)
            moments += [by_hours.until, by_hours.reopens]
            if by_hours.until is not None:
                moments.append(by_hours.until - closing.warn_before)
            since = closed_since(self.settings, self.switch, now, department)
            if since is not None:
                moments.append(since + closing.finish_within)
        return min((moment for moment in moments if moment is not None and moment > now), default=None)

    async def keep_hours(self) -> None:
        """Announce what has just changed, warn who is in a chat, ask who was left for contact details."""
        try:
            await self._end_switch()
            for department in self.settings.with_own_hours:
                await self._announce_change(department)
                await self._warn(department)
                await self._offer(department)
        except StorageError as error:
            log.warning("the office's hours could not be looked after: %s", error)
        self.show_hours()

    def show_hours(self) -> None:
        """Tell open pages whether the office is there, where that is another than they were told."""
        state = self.office if self.around is None else self.office_for_citizens
        shown = {department: state(department).open for department in self.settings.with_own_hours}
        if shown != self._shown:
            self._shown = shown
            self.publish_status()

    async def _end_switch(self) -> None:
        """Take an operator's word back whose time is over, and tell the others."""
        switch, now = self.switch, self.now()
        if switch is None or in_force(switch, now):
            return
        end = end_of(switch)
        if self.office().open and end is not None and now - end <= STALE_AFTER:
            text = say(self.operators_language, "switch_over", name=switch.by)
            await self.announce(f"switch-over/{switch.set_at}", text)

        def work(tx: Transaction) -> None:
            row = tx.session.get(Switch, 1)
            if row is not None and row.set_at == switch.set_at:
                tx.session.delete(row)

        await self.journal.run(work)
        self.switch = await self.store.switch()

    async def _announce_change(self, department: str | None) -> None:
        hours, zone = self.settings.hours_of(department), ZoneInfo(self.settings.office.timezone)
        change = last_change(hours, zone, self.now())
        if change is None or self._announced.get(department) == change.at:
            return
        if self.now() - change.at > STALE_AFTER:
            log.debug("the office's switch at %s is not announced: that was long ago", change.at.isoformat())
        elif department is None:
            await self.office_switched(is_open=change.open, at=change.at)
            if not change.open and await self._conversations(None):
                time = f"{change.at + self.settings.closing.finish_within:%H:%M}"
                text = say(self.operators_language, "still_talking", time=time)
                await self.announce(f"finish/{change.at.isoformat()}", text)
        else:
            await self._announce_department(department, change.at, is_open=change.open)
        self._announced[department] = change.at

    async def _announce_department(self, department: str, at: datetime, *, is_open: bool) -> None:
        now = self.office(department)
        if is_open != now.open:  # an operator's word is stronger than the hours
            return
        language = self.operators_language
        if is_open:
            text = say(language, "office_opened", until=self._moment(now.until))
        else:
            text = say(language, "office_closed", reopens=self._moment(now.reopens))
        await self.announce(f"hours/{department}/{at.isoformat()}", f"{department}: {text}")

    async def _conversations(self, department: str | None) -> list[ConversationInfo]:
        """Chats that are not closed, of a department with hours of its own, or of all the rest (None)."""
        rows = await self.store.conversations(
            kinds=[Kind.CHAT], states=[State.WAITING, State.ACTIVE], limit=_MOST
        )
        own, at = self.settings.with_own_hours, int(self.now().timestamp() * 1000)
        return [
            self.remember(row)
            for row in rows
            if (row.department if row.department in own else None) == department
            and not ConversationInfo.of(row).is_blocked(at)
        ]

    async def _warn(self, department: str | None) -> None:
        """Shortly before closing: say until when the office is there, to who is in a chat."""
        office, now = self.office(department), self.now()
        if not office.open or office.until is None or office.until - now > self.settings.closing.warn_before:
            return
        infos = await self._conversations(department)
        words = await self.store.last_words([info.id for info in infos])
        since = now_ms() - int(_IN_A_CHAT.total_seconds() * 1000)
        zone = ZoneInfo(self.settings.office.timezone)
        drafts = [
            _to_visitor(
                info,
                f"warned/{office.until.isoformat()}",
                until_in_words(self.words_for(info.lang), office.until, now.astimezone(zone)),
            )
            for info in infos
            if info.id in words and words[info.id].created_at >= since
        ]
        if drafts:
            await self.journal.run(lambda tx: tx.append_all(drafts))

    async def _offer(self, department: str | None) -> None:
        """After closing: who waits for an answer is asked for contact details; a running chat may first finish."""
        now = self.now()
        since = closed_since(self.settings, self.switch, now, department)
        if since is None or self.office(department).open:
            return
        infos = await self._conversations(department)
        words = await self.store.last_words([info.id for info in infos])
        finished = now >= since + self.settings.closing.finish_within
        for info in infos:
            word = words.get(info.id)
            if (
                word is None
                or word.author != Author.VISITOR
                or self._settled.get(info.id) == (word.seq, since)
            ):
                continue
            if info.state == State.WAITING or finished:
                await self._ask_for_contact(info, word, since)
                self._settled[info.id] = (word.seq, since)

    async def _ask_for_contact(self, info: ConversationInfo, word: Record, since: datetime) -> None:
        """Say to both sides what becomes of the citizen's last word; once for it, and once for each closing."""
        if await self.store.callback_of(info.id) is not None:
            return  # contact details are here already
        zone = ZoneInfo(self.settings.office.timezone)
        words, reopens = self.words_for(info.lang), self.office(info.department).reopens
        text = words("visitor_office_closed")
        if reopens is not None:
            text = words.joined(text, reopens_in_words(words, reopens, self.now().astimezone(zone)))
        to_visitor = _to_visitor(
            info, f"closed/{since.isoformat()}", text, {"offer": "callback", "word": word.seq}
        )
        to_operators = Draft(
            info.id, What.ANSWER, HUB, f"{to_visitor.origin_key}/operators", Author.SYSTEM,
            say(self.operators_language, "offered_at_closing"), deliver_to=self.destinations(info.department),
        )  # fmt: skip
        before = await self.store.entries(info.id, after=word.seq)
        if any(record.origin == HUB and record.data.get("word") == word.seq for record in before):
            return

        def work(tx: Transaction) -> Conversation | None:
            row = tx.conversation(info.id)
            if row is None or row.state == State.CLOSED:
                return None
            row.reminded = True
            tx.append_all([to_visitor, to_operators])
            return row

        row = await self.journal.run(work)
        if row is not None:
            self.remember(row)


def _to_visitor(info: ConversationInfo, key: str, text: str, data: dict[str, object] | None = None) -> Draft:
    return Draft(info.id, What.MESSAGE, HUB, f"{info.id}/{key}", Author.SYSTEM, text, data=data or {})
