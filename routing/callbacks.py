"""Callbacks: a message with contact details, from whoever left it to the colleague who has called back.

A callback's state is its conversation's: waiting is new, active is taken by somebody, closed is done. Only
how often the citizen did not answer is kept besides.
"""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from sqlmodel import col, select

from models.journal import Draft, Transaction
from models.tables import Author, Callback, Conversation, Kind, State, Thread, What, now_ms
from routing.bridge import ConversationInfo
from routing.changes import HUB, new_id, reopen
from routing.core import VISITOR, Core
from routing.rules import Asked
from routing.texts import say

_REFERENCE_LETTERS = "ACDEFGHJKLMNPQRTUVWXYZ"
"""For references read out on the phone: no B/P/8, I/1, O/0, S/5 to mistake (P stays, B goes)."""
_LISTED = 30
"""Callbacks listed in the morning's post: as many as an office can call in a day."""


@dataclass(slots=True, frozen=True)
class Contact:
    """How to reach a citizen: at least one of e-mail and phone."""

    name: str
    email: str | None
    phone: str | None


class Progress(StrEnum):
    """How far a callback is, as the citizen is told."""

    NEW = "new"
    TAKEN = "taken"
    TRIED = "tried"
    """Somebody called and got no answer; they will try again."""
    DONE = "done"


def new_reference() -> str:
    """A callback's reference: two letters and four digits, easy to say: ``KT-4071``."""
    letters = "".join(secrets.choice(_REFERENCE_LETTERS) for _ in range(2))
    return f"{letters}-{secrets.randbelow(10_000):04d}"


def reference_of(written: str) -> str:
    """The reference that somebody typed or was told: ``kt 4071`` is ``KT-4071``."""
    letters = "".join(character for character in written.upper() if character.isalnum())
    return f"{letters[:2]}-{letters[2:]}"


def progress_of(callback: Callback, conversation: Conversation) -> Progress:
    """How far it is."""
    if conversation.state == State.CLOSED:
        return Progress.DONE
    if callback.tries:
        return Progress.TRIED
    return Progress.TAKEN if conversation.taken_by else Progress.NEW


class Callbacks(Core):
    """Taking callbacks in, and keeping those that are open before the operators' eyes."""

    async def leave_callback(
        self,
        client_id: str,
        contact: Contact,
        text: str,
        *,
        lang: str | None = None,
        page: str | None = None,
        waiting: ConversationInfo | None = None,
        mark: str | None = None,
    ) -> tuple[str, bool]:
        """Take a message with contact details; its reference, and whether this ``client_id`` was here before.

        ``waiting`` is the chat of a citizen who would not wait any longer: it becomes the callback, with all
        that was written in it, and a chat has one callback at most.
        """
        client_key = f"callback/{client_id}"
        asked = Asked(page=page, lang=lang, text=text)
        department = waiting.department if waiting else self.department_for(asked)
        letters = self.mailboxes(contact.email)
        deliver_to = (*self.destinations(department), *letters)
        new = new_id()

        def work(tx: Transaction) -> tuple[str, bool]:
            belongs = (
                col(Conversation.id) == waiting.id if waiting else col(Conversation.client_key) == client_key
            )
            before = tx.session.exec(
                select(Callback.reference)
                .join(Conversation, col(Conversation.id) == col(Callback.conversation_id))
                .where(belongs)
            ).first()
            if before is not None:
                return before, True
            conversation_id = waiting.id if waiting else new
            if waiting is None:
                row = Conversation(
                    id=new,
                    kind=Kind.CALLBACK,
                    client_key=client_key,
                    name=contact.name,
                    department=department,
                    page=page,
                    lang=lang or self.settings.office.language,
                    address_mark=mark,
                )
                tx.session.add(row)
                tx.session.flush()
            reference = new_reference()
            while tx.session.get(Callback, reference) is not None:
                reference = new_reference()
            reach = {"name": contact.name, "email": contact.email, "phone": contact.phone}
            tx.session.add(
                Callback(
                    reference=reference,
                    conversation_id=conversation_id,
                    name=contact.name,
                    email=contact.email,
                    phone=contact.phone,
                    consent_at=now_ms(),
                )
            )
            for bridge, address in letters.items():
                tx.session.merge(  # the conversation may have been sent to an address before
                    Thread(conversation_id=conversation_id, bridge=bridge, chat=address, thread=reference)
                )
            draft = Draft(
                conversation_id,
                What.CALLBACK,
                VISITOR,
                f"{conversation_id}/{client_id}/callback",
                Author.VISITOR,
                text,
                contact.name,
                data={"reference": reference, **reach},
                deliver_to=deliver_to,
            )
            reopen(tx, tx.conversation(conversation_id), draft)  # else it would be done already
            tx.append(draft)
            return reference, False

        left = await self.journal.run(work)
        if waiting is not None:
            self.forget(waiting.id)
        return left

    async def callback_progress(self, reference: str) -> tuple[Callback, Progress] | None:
        """A callback by its reference, as typed, and how far it is."""
        callback = await self.store.callback(reference_of(reference))
        row = await self.store.conversation(callback.conversation_id) if callback else None
        return (callback, progress_of(callback, row)) if callback and row else None

    async def list_open_callbacks(self) -> None:
        """Post to the operators, once a day, what is still to be called back; the oldest first."""
        rows = await self.store.callbacks(open_only=True, limit=_LISTED + 1)
        if not rows:
            return
        zone = ZoneInfo(self.settings.office.timezone)
        today = self.now().astimezone(zone).date()
        lines = [self._listed(callback, row) for callback, row in rows[:_LISTED]]
        if len(rows) > _LISTED:
            lines.append(say(self.operators_language, "callbacks_more"))
        title = say(self.operators_language, "callbacks_open")
        await self.announce(f"callbacks/{today.isoformat()}", "\n".join([title, *lines]))

    async def remind_of_callbacks(self) -> None:
        """Say in the thread of a callback, once, that it has waited longer than ``callbacks.remind_after``."""
        patience = self.settings.callbacks.remind_after
        before = self._at() - int(patience.total_seconds() * 1000)
        for callback, row in await self.store.callbacks(open_only=True, limit=1000):
            if row.created_at > before:
                break
            text = say(self.operators_language, "callback_overdue", date=f"{self._left(row):%d/%m/%Y}")
            await self.journal.append(
                Draft(
                    row.id,
                    What.ANSWER,
                    HUB,
                    f"{callback.reference}/overdue",
                    Author.SYSTEM,
                    text,
                    deliver_to=self.destinations(row.department),
                )
            )

    def _listed(self, callback: Callback, row: Conversation) -> str:
        """``KT-4071 · Maria Rossi · 23/11 09:40 · presa da Anna · nessuna risposta ×2``."""
        language = self.operators_language
        facts = [callback.reference, callback.name, f"{self._left(row):%d/%m %H:%M}"]
        if row.taken_by:
            facts.append(say(language, "callback_taken", name=row.taken_by))
        if callback.tries:
            facts.append(say(language, "callback_tries", tries=callback.tries))
        overdue = self._at() - row.created_at > self.settings.callbacks.remind_after.total_seconds() * 1000
        return f"{'⏰' if overdue else '•'} {' · '.join(facts)}"

    def _left(self, row: Conversation) -> datetime:
        """When it was left, by the office's clock."""
        zone = ZoneInfo(self.settings.office.timezone)
        return datetime.fromtimestamp(row.created_at / 1000, UTC).astimezone(zone)
