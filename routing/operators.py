"""What operators do, from any platform or the desk: reply, edit, delete, send a file."""

import logging
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256 as digest

from sqlmodel import col, select

from models.journal import Appended, Draft, Transaction
from models.tables import BY_HAND, Author, Conversation, Kind, RemoteMessage, State, Thread, What
from routing.bridge import ConversationInfo
from routing.careful import SIGN, without_sign
from routing.changes import file_row, reopen
from routing.core import Core
from routing.fanout import Live
from routing.files import MOST_BYTES, TypeNotAllowed, safe_name, size_in_words
from routing.inbound import Arrival, Operator
from routing.pictures import NotCleaned
from routing.styled import Mark, in_data, shifted
from routing.texts import say

log = logging.getLogger(__name__)


class Operators(Core):
    """The operators' side of the hub: what they write. Every gesture that arrives twice counts once."""

    async def operator_wrote(
        self,
        arrival: Arrival,
        conversation_id: str,
        text: str,
        *,
        marked: bool | None = None,
        marks: tuple[Mark, ...] = (),
    ) -> None:
        """An operator's reply: to the citizen and to the other platforms. Returns once it is on disk.

        ``marked`` matters in the careful mode alone: True where the operator has said by other means than the
        text's first letter that the citizen is to get it, False where nothing in the text can say so. ``marks``
        say how pieces of the text are shown (`routing.styled`).
        """
        info = await self.conversation(conversation_id)
        if info is None or not text.strip():
            return
        letters = await self._letters(info)
        if info.kind != Kind.CHAT and not letters:
            await self._keep_as_note(arrival, info, text)
            return
        sent = self._for_citizen(arrival, info, text, marked)
        if sent is None:
            await self._keep_inside(arrival, info, text)
        elif sent.strip():
            await self._reply(arrival, info, What.MESSAGE, sent, _left(marks, text, sent), letters)

    async def operator_sent_file(
        self,
        arrival: Arrival,
        conversation_id: str,
        name: str,
        content: bytes,
        text: str = "",
        *,
        marked: bool | None = None,
        marks: tuple[Mark, ...] = (),
    ) -> None:
        """An operator's file, with its caption. What may not be sent is answered with the reason.

        ``marked`` and ``marks``: as for ``operator_wrote``; the further files of a message follow its text.
        """
        info = await self.conversation(conversation_id)
        if info is None:
            return
        letters = await self._letters(info)
        if info.kind != Kind.CHAT and not letters:
            await self._keep_as_note(arrival, info, f"{text} 📎 {name}".strip())
            return
        safe = safe_name(name)
        sent = self._for_citizen(arrival, info, text, marked)
        if sent is None:
            await self._keep_inside(arrival, info, f"{text} 📎 {safe}".strip())
            return
        if await self.store.entry_by_key(arrival.bridge, arrival.key) is not None:
            return
        try:
            if len(content) > MOST_BYTES:
                raise TypeNotAllowed(f"> {size_in_words(MOST_BYTES)}")
            file = await self.files.examine(content, name)
        except (TypeNotAllowed, NotCleaned) as error:
            why = str(error)
            if isinstance(error, NotCleaned):
                why = say(self.operators_language, "picture_not_cleaned", why=error)
            await self.answer(arrival, info.id, f"📎 {safe}: ✗ ({why})")
            if sent.strip():
                await self._reply(arrival, info, What.MESSAGE, sent, _left(marks, text, sent), letters)
            return
        key = await self.files.save(file.content)
        data: dict[str, object] = {
            "name": file.name,
            "type": file.type,
            "size": len(file.content),
            "key": key,
        }
        data |= _left(marks, text, sent)
        appended = await self._reply(arrival, info, What.FILE, sent, data, letters)
        if appended.repeated:
            await self.files.remove([key])

    def operator_typing(self, conversation_id: str, operator: Operator) -> None:
        """An operator is typing: the citizen's open page shows it for a moment."""
        self.tell(conversation_id, Live("typing", {"name": self.shown_operator(operator.name)}))

    async def operator_edited(self, arrival: Arrival, text: str, marks: tuple[Mark, ...] = ()) -> None:
        """An operator changed a message of theirs; what is not known, or was internal, stays as it is."""
        found = await self._own_message(arrival)
        if found is None:
            await self._say_that_edits_send_nothing(arrival, text)
            return
        info, seq = found
        sent = self._for_citizen(arrival, info, text, None)
        if sent is None:
            await self.answer(arrival, info.id, say(self.operators_language, "edit_without_sign", sign=SIGN))
        if not (sent or "").strip():
            return
        await self.journal.append(
            Draft(
                info.id,
                What.EDITED,
                arrival.bridge,
                arrival.key,
                Author.OPERATOR,
                sent or "",
                arrival.operator.name,
                target=seq,
                data=_left(marks, text, sent or ""),
                deliver_to=await self.destinations_beside(arrival, info),
            )
        )

    async def operator_deleted(self, arrival: Arrival) -> None:
        """An operator took a message of theirs back."""
        found = await self._own_message(arrival)
        if found is None:
            return
        info, seq = found
        await self.journal.append(
            Draft(
                info.id,
                What.DELETED,
                arrival.bridge,
                arrival.key,
                Author.OPERATOR,
                "",
                arrival.operator.name,
                target=seq,
                deliver_to=await self.destinations_beside(arrival, info),
            )
        )

    def is_careful(self, department: str | None) -> bool:
        """Whether a department chose that only what begins with the sign reaches the citizen."""
        return any(one.careful for one in self.settings.departments if one.name == department)

    def _for_citizen(
        self, arrival: Arrival, info: ConversationInfo, text: str, marked: bool | None
    ) -> str | None:
        """What of ``text`` the citizen gets; None where all of it stays inside. The desk has a button for it."""
        if arrival.bridge not in self.bridges or not self.is_careful(info.department):
            return text
        bare = without_sign(text)
        if marked is False or (marked is None and bare is None):
            return None
        return text if bare is None else bare

    async def _keep_inside(self, arrival: Arrival, info: ConversationInfo, text: str) -> None:
        """Without the sign it is a remark among colleagues; who may not know the mode is told, once."""
        await self.note(arrival, info, text)
        await self._tell_once(arrival, info, "careful", say(self.operators_language, "careful", sign=SIGN))

    async def _say_that_edits_send_nothing(self, arrival: Arrival, text: str) -> None:
        """A remark that stayed inside and was given the sign afterwards stays inside: say so."""
        remote = await self.store.remote_message(arrival.bridge, arrival.chat, arrival.message or "")
        info = await self.conversation(remote.conversation_id) if remote else None
        if info is None or not self.is_careful(info.department) or without_sign(text) is None:
            return
        await self.answer(arrival, info.id, say(self.operators_language, "edit_sends_nothing", sign=SIGN))

    async def _tell_once(self, arrival: Arrival, info: ConversationInfo, about: str, text: str) -> None:
        """Tell an operator something that they need to hear once in a conversation."""
        once = replace(arrival, key=f"{about}/{info.id}/{arrival.operator.id}")
        await self.answer(once, info.id, text)

    async def answer(self, arrival: Arrival, conversation_id: str, text: str, mark: str = "answer") -> None:
        """Answer an operator where they wrote; only their platform shows it, never the citizen."""
        deliver_to = (arrival.bridge,) if arrival.bridge in self.bridges else ()
        await self.journal.append(
            Draft(
                conversation_id,
                What.ANSWER,
                arrival.bridge,
                f"{arrival.key}/{mark}",
                Author.SYSTEM,
                text,
                deliver_to=deliver_to,
            )
        )

    async def chat_moved(self, bridge: str, old_chat: str, new_chat: str) -> None:
        """A platform gave a chat a new id (a Telegram group became a supergroup): follow it.

        Message numbers begin anew there, so replies to old messages are found by their old place no
        more; the threads stay with their conversations.
        """

        def work(tx: Transaction) -> None:
            for thread in tx.session.exec(
                select(Thread).where(col(Thread.bridge) == bridge, col(Thread.chat) == old_chat)
            ).all():
                tx.session.delete(thread)

        await self.journal.run(work)
        log.info("%s: a chat was given a new id; open conversations get new threads there", bridge)

    async def saw(self, bridge: str, conversation_id: str, mark: str) -> None:
        """A thread was read up to ``mark``, in the platform's own order (``Thread.last_seen``)."""

        def work(tx: Transaction) -> None:
            _advance_mark(tx, bridge, conversation_id, mark)

        await self.journal.run(work)

    async def _change(
        self,
        arrival: Arrival,
        info: ConversationInfo,
        kind: What,
        change: Callable[[Conversation], None],
        data: dict[str, object] | None = None,
        text: str = "",
    ) -> None:
        """Change a conversation's row and write the entry that says so, once."""
        draft = Draft(
            info.id, kind, arrival.bridge, arrival.key, Author.OPERATOR, text, arrival.operator.name,
            data=data or {}, deliver_to=self.destinations(info.department),
        )  # fmt: skip

        def work(tx: Transaction) -> Conversation | None:
            row = tx.conversation(info.id)
            if row is not None and tx.find(draft) is None:
                tx.append(draft)
                change(row)
            return row

        row = await self.journal.run(work)
        if row is not None:
            self.remember(row)

    async def _reply(
        self,
        arrival: Arrival,
        info: ConversationInfo,
        kind: What,
        text: str,
        data: dict[str, object],
        letters: tuple[str, ...],
    ) -> Appended:
        deliver_to = (*await self.destinations_beside(arrival, info), *letters)
        draft = Draft(
            info.id, kind, arrival.bridge, arrival.key, Author.OPERATOR, text, arrival.operator.name,
            data=data, deliver_to=deliver_to,
        )  # fmt: skip

        def work(tx: Transaction) -> tuple[Conversation | None, Appended]:
            before = tx.find(draft)
            if before is not None:
                return None, Appended(before, repeated=True)
            row = tx.conversation(info.id)
            reopen(tx, row, draft)
            joins = _operator_joins(row, arrival, draft)
            if joins is not None:
                tx.append(joins)
            appended = tx.append(draft)
            if kind == What.FILE:
                tx.session.add(file_row(draft, appended.record.seq))
            _remember_message(tx, arrival, info.id, appended.record.seq)
            return row, appended

        row, appended = await self.journal.run(work)
        if row is not None:
            self.remember(row)
            await self._say_who_has_it(arrival, info)
        return appended

    async def _say_who_has_it(self, arrival: Arrival, before: ConversationInfo) -> None:
        """Who writes into what another operator has is told so, once for each holder; it was sent all the same."""
        holder = before.taken_by
        if holder is None or holder == arrival.operator.name or arrival.bridge not in self.bridges:
            return
        text = say(self.operators_language, "has_it", name=holder)
        await self._tell_once(arrival, before, f"has-it/{digest(holder.encode()).hexdigest()[:8]}", text)

    async def _letters(self, info: ConversationInfo) -> tuple[str, ...]:
        """The bridges by which a citizen who left an address is written to; none for an ordinary chat."""
        if not self.correspondents:
            return ()
        callback = await self.store.callback_of(info.id)
        return tuple(self.mailboxes(callback.email)) if callback and callback.email else ()

    async def _keep_as_note(self, arrival: Arrival, info: ConversationInfo, text: str) -> None:
        """A callback's citizen reads nothing here: keep the text inside and say so to the operator."""
        if info.kind == Kind.OFFICE:
            return
        await self.note(arrival, info, text)
        await self.answer(arrival, info.id, say(self.operators_language, "callback_no_chat"))

    async def note(self, arrival: Arrival, info: ConversationInfo, text: str) -> None:
        """An internal note: for operators on every platform, never for the citizen."""
        deliver_to = await self.destinations_beside(arrival, info)
        draft = Draft(
            info.id, What.NOTE, arrival.bridge, arrival.key, Author.OPERATOR, text,
            arrival.operator.name, deliver_to=deliver_to,
        )  # fmt: skip

        def work(tx: Transaction) -> None:
            appended = tx.append(draft)
            if not appended.repeated:
                _remember_message(tx, arrival, info.id, appended.record.seq)

        await self.journal.run(work)

    async def _own_message(self, arrival: Arrival) -> tuple[ConversationInfo, int] | None:
        """The reply behind the message a gesture is about: an operator's, written on that platform."""
        if arrival.message is None:
            return None
        found = await self.store.remote_message(arrival.bridge, arrival.chat, arrival.message)
        if found is None:
            return None
        info = await self.conversation(found.conversation_id)
        entry = await self.store.entry(found.conversation_id, found.seq)
        if info is None or entry is None or entry.origin != arrival.bridge:
            return None
        if entry.author != Author.OPERATOR or entry.kind not in (What.MESSAGE, What.FILE):
            return None
        return info, entry.seq


def _left(marks: tuple[Mark, ...], text: str, sent: str) -> dict[str, object]:
    """The marks of what is sent of a text, as its entry keeps them."""
    cut = len(text) - len(sent)
    return in_data(shifted(marks, cut)) if text[cut:] == sent else {}


def _operator_joins(row: Conversation | None, arrival: Arrival, draft: Draft) -> Draft | None:
    """The first operator to reply has the conversation; the citizen is told who it is."""
    if row is None:
        return None
    row.state = State.ACTIVE
    row.reminded = False
    if row.taken_by is not None:
        return None
    row.taken_by = arrival.operator.name
    return Draft(
        row.id, What.OPERATOR, draft.origin, f"{draft.origin_key}/joins", Author.OPERATOR, "",
        arrival.operator.name,
    )  # fmt: skip


def _remember_message(tx: Transaction, arrival: Arrival, conversation_id: str, seq: int) -> None:
    """Keep which message on the platform this entry came from, so that edits of it are understood."""
    if arrival.message is None:
        return
    key = (arrival.bridge, arrival.chat, arrival.message, seq)
    if tx.session.get(RemoteMessage, key) is None:
        tx.session.add(
            RemoteMessage(
                bridge=arrival.bridge,
                chat=arrival.chat,
                message=arrival.message,
                seq=seq,
                conversation_id=conversation_id,
                part=BY_HAND,
            )
        )
    _advance_mark(tx, arrival.bridge, conversation_id, arrival.message)


def _advance_mark(tx: Transaction, bridge: str, conversation_id: str, mark: str) -> None:
    row = tx.session.get(Thread, (conversation_id, bridge))
    if row is not None and mark > row.last_seen:
        row.last_seen = mark
