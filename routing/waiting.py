"""The empty room: citizens whom nobody answers, what is said to them and to whom else they are passed."""

import logging
from datetime import timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from models.errors import StorageError
from models.journal import Draft, Transaction
from models.store import Unanswered
from models.tables import Author, Conversation, State, What
from routing.bridge import ConversationInfo
from routing.changes import HUB
from routing.glance import NOBODY_YET
from routing.reactions import Reactions
from routing.rules import find_department
from routing.texts import say
from schedules.hours import last_change
from settings import Settings

log = logging.getLogger(__name__)

_LOOKED_AT = timedelta(days=1)
"""A word that nobody answered for longer is no longer waited upon by anybody who sits before the page."""


class Step(StrEnum):
    """What is done about a citizen whom nobody answers."""

    REMIND = "remind"
    """Operators are reminded in the thread."""
    TELL = "tell"
    """The citizen is told the truth, and offered to leave contact details."""
    ESCALATE = "escalate"
    """The conversation goes to ``waiting.escalate_to``."""


def steps_due(waited: timedelta, settings: Settings, *, taken: bool) -> set[Step]:
    """What is due after so long without an answer.

    Somebody who has taken the conversation keeps it. Its citizen is told later, since many a chat ends with a
    "thank you" that needs no answer.
    """
    waiting = settings.waiting
    due: set[Step] = set()
    if waited >= waiting.nobody_answers_after:
        due.add(Step.REMIND)
    if waited >= waiting.nobody_answers_after * (2 if taken else 1):
        due.add(Step.TELL)
    if waiting.escalate_to and not taken and waited >= waiting.passes_on_after:
        due.add(Step.ESCALATE)
    return due


class EmptyRoom(Reactions):
    """Looks after citizens whom nobody answers, while the office is open; after closing ``routing.shifts`` does."""

    async def remind_of_waiting(self) -> None:
        """Do what is due, each thing once for a word that nobody answered."""
        self.queue.time_passed()
        try:
            since = self._at() - int(_LOOKED_AT.total_seconds() * 1000)
            opened: dict[str | None, int | None] = {}
            for found in await self.store.unanswered(since):
                department = found.conversation.department
                if department not in opened:  # the calendar is dear to ask, and many may be waiting
                    opened[department] = self._opened(department)
                if (moment := opened[department]) is not None:
                    await self._look_after(found, max(found.since, moment))
        except StorageError as error:
            log.warning("waiting citizens could not be looked up: %s", error)

    def _opened(self, department: str | None) -> int | None:
        """Since when the office is open, in milliseconds; None if it is not.

        Nobody can be waited for before it has opened.
        """
        if not self.office(department).open:
            return None
        zone = ZoneInfo(self.settings.office.timezone)
        change = last_change(self.settings.hours_of(department), zone, self.now().astimezone(zone))
        return int(change.at.timestamp() * 1000) if change is not None and change.open else 0

    async def _look_after(self, found: Unanswered, since: int) -> None:
        row = found.conversation
        waited = timedelta(milliseconds=self._at() - since)
        taken = row.state == State.ACTIVE
        due = steps_due(waited, self.settings, taken=taken)
        info = ConversationInfo.of(row)  # not to be remembered: it may have changed since it was read
        if not row.reminded and due & {Step.REMIND, Step.TELL}:
            await self._remind(info, found, due)
        if Step.ESCALATE in due:
            await self._escalate(info)

    async def _remind(self, info: ConversationInfo, found: Unanswered, due: set[Step]) -> None:
        """Say it to operators and citizen, each once for the word that nobody answered."""
        key = f"{info.id}{NOBODY_YET}{found.seq}"
        minutes = max(1, (self._at() - found.since) // 60_000)
        drafts = [self._to_operators(info, f"{key}/operators", "nobody_yet", minutes=minutes)]
        if Step.TELL in due:
            drafts.append(self._to_visitor(info, key, "visitor_nobody_yet"))

        def work(tx: Transaction) -> None:
            row = tx.conversation(info.id)
            if row is None or row.state != info.state or row.reminded:
                return
            row.reminded = Step.TELL in due
            tx.append_all(drafts)

        await self.journal.run(work)

    async def _escalate(self, info: ConversationInfo) -> None:
        """Pass the conversation on, once; `routing.moving` sees to its thread."""
        target = find_department(self.settings, self.settings.waiting.escalate_to or "")
        if target is None or info.department == target.name or not self.office(target.name).open:
            return
        key = f"{info.id}/escalated"
        if await self.store.entry_by_key(HUB, key) is not None:
            return
        passed = Draft(
            info.id, What.PASSED, HUB, key, Author.SYSTEM, data={"department": target.name},
            deliver_to=self.destinations(target.name),
        )  # fmt: skip
        drafts = [
            self._to_operators(info, f"{key}/notice", "escalates", department=target.name),
            passed,
            self._to_visitor(info, f"{key}/visitor", "visitor_escalated", department=target.name),
        ]

        def work(tx: Transaction) -> Conversation | None:
            row = tx.conversation(info.id)
            if row is None or row.state != State.WAITING or tx.find(passed) is not None:
                return None
            row.department = target.name
            tx.append_all(drafts)
            return row

        row = await self.journal.run(work)
        if row is not None:
            self.remember(row)

    def _to_operators(self, info: ConversationInfo, key: str, text: str, **values: object) -> Draft:
        return Draft(
            info.id, What.ANSWER, HUB, key, Author.SYSTEM, say(self.operators_language, text, **values),
            deliver_to=self.destinations(info.department),
        )  # fmt: skip

    def _to_visitor(self, info: ConversationInfo, key: str, text: str, **values: object) -> Draft:
        words = self.words_for(info.lang)(text, **values)
        return Draft(info.id, What.MESSAGE, HUB, key, Author.SYSTEM, words, data={"offer": "callback"})
