"""What citizens do in a chat: start it, write, send a file, rate, close, erase."""

import hashlib
import hmac
from dataclasses import dataclass

from sqlmodel import col, func, select

from models.journal import Appended, Draft, Record, Transaction
from models.tables import Author, Conversation, Entry, State, Thread, What, now_ms
from routing.blocking import Blocking
from routing.bridge import ConversationInfo, Place
from routing.changes import file_row, new_id, reopen
from routing.core import VISITOR
from routing.errors import NotMailed, OfficeClosed
from routing.fanout import DESK, Live
from routing.rules import Asked
from routing.withdrawing import erase

_MOST_LETTERS = 3
"""Times a conversation is sent by e-mail."""


@dataclass(slots=True, frozen=True)
class Started:
    """A conversation that was started, now or by an earlier try; ``token`` only for who started it."""

    id: str
    token: str | None
    record: Record
    repeated: bool


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


class Visitors(Blocking):
    """The citizen's side of the hub."""

    async def start_conversation(
        self,
        client_id: str,
        text: str,
        *,
        name: str | None = None,
        department: str | None = None,
        page: str | None = None,
        page_title: str | None = None,
        lang: str | None = None,
        mark: str | None = None,
        browser: str | None = None,
    ) -> Started:
        """Start a conversation with its first message; the same ``client_id`` again finds the first.

        ``mark`` stands for the address it comes from; ``browser`` is the key that the citizen's browser made for
        itself, where they agreed that the office sees which conversations come from the same one.

        Raises
        ------
        OfficeClosed
            If the office is not there.
        """
        client_key = f"chat/{client_id}"
        where = self.department_for(Asked(department, page, lang, text))
        if not self.office_for_citizens(where).open:
            found = await self.store.conversation_by_client_key(client_key)
            if found is None:
                raise OfficeClosed
        deliver_to = self.destinations(where)
        new = new_id()
        token_hash = _digest(self.token_of(new))

        def work(tx: Transaction) -> tuple[Conversation, Appended]:
            row = tx.session.exec(
                select(Conversation).where(col(Conversation.client_key) == client_key)
            ).first()
            if row is None:
                row = Conversation(
                    id=new,
                    token_hash=token_hash,
                    client_key=client_key,
                    agreed_text=_digest(text),
                    name=name,
                    department=where,
                    page=page,
                    page_title=page_title,
                    lang=lang or self.settings.office.language,
                    address_mark=mark,
                    browser_mark=self.mark_of_browser(browser) if browser else None,
                )
                tx.session.add(row)
                tx.session.flush()
            key = f"{row.id}/{client_id}"
            draft = Draft(
                row.id, What.MESSAGE, VISITOR, key, Author.VISITOR, text, row.name, deliver_to=deliver_to
            )
            return row, tx.append(draft)

        row, appended = await self.journal.run(work)
        self.remember(row)
        token: str | None = self.token_of(row.id)
        if row.agreed_text != _digest(text) or row.token_hash != _digest(token or ""):
            token = None
        return Started(row.id, token, appended.record, appended.repeated)

    def is_token(self, info: ConversationInfo, token: str) -> bool:
        """Whether ``token`` is this conversation's secret."""
        return hmac.compare_digest(_digest(token), info.token_hash)

    async def visitor_wrote(self, info: ConversationInfo, client_id: str, text: str) -> Appended:
        """A citizen's further message; a closed conversation opens again.

        Raises
        ------
        NotAllowed
            If an operator blocked the conversation.
        """
        self._refuse_if_blocked(info)
        draft = self._from_visitor(info, client_id, What.MESSAGE, text)
        if info.state == State.CLOSED:
            return await self._reopen_and_append(info, draft)
        appended = await self.journal.append(draft)
        if appended.after_close and not appended.repeated:
            await self._reopen_if_closed_before(appended.record, draft)
        return appended

    async def visitor_sent_file(
        self, info: ConversationInfo, client_id: str, name: str, content: bytes
    ) -> Appended:
        """A citizen's file; a closed conversation opens again.

        Raises
        ------
        NotAllowed
            If an operator blocked the conversation.
        TypeNotAllowed
            If it is of a kind that may not be sent.
        NotCleaned
            If it is a picture that cannot be rid of what it tells besides what is to be seen.
        OSError
            If the disk refuses it.
        """
        self._refuse_if_blocked(info)
        origin_key = f"{info.id}/{client_id}"
        before = await self.store.entry_by_key(VISITOR, origin_key)
        if before is not None:
            return Appended(before, repeated=True)
        file = await self.files.examine(content, name)
        key = await self.files.save(file.content)
        data = {"name": file.name, "type": file.type, "size": len(file.content), "key": key}
        draft = self._from_visitor(info, client_id, What.FILE, "", data)
        return await self._append_file(draft)

    async def _append_file(self, draft: Draft) -> Appended:
        """Write a file's entry and its row together; a repeated arrival's bytes are removed again."""
        data = draft.data

        def work(tx: Transaction) -> tuple[Conversation | None, Appended]:
            row = tx.conversation(draft.conversation_id)
            if tx.find(draft) is None:
                reopen(tx, row, draft)
            appended = tx.append(draft)
            if not appended.repeated:
                tx.session.add(file_row(draft, appended.record.seq))
            return row, appended

        try:
            row, appended = await self.journal.run(work)
        except Exception:
            await self.files.remove([data["key"]])
            raise
        if row is not None:
            self.remember(row)
        if appended.repeated:
            await self.files.remove([data["key"]])
        return appended

    async def visitor_closed(self, info: ConversationInfo) -> None:
        """The citizen ends the conversation; harmless when it is closed."""
        await self.close(
            info, author=Author.VISITOR, origin=VISITOR, key=f"{info.id}/closed/{new_id()}", name=info.name
        )

    async def close(
        self, info: ConversationInfo, *, author: Author, origin: str, key: str, name: str | None
    ) -> None:
        """Close a conversation; harmless when it is closed already."""
        deliver_to = self.destinations(info.department)

        def work(tx: Transaction) -> Conversation | None:
            row = tx.conversation(info.id)
            if row is None or row.state == State.CLOSED:
                return row
            draft = Draft(info.id, What.CLOSED, origin, key, author, "", name, deliver_to=deliver_to)
            if not tx.append(draft).repeated:
                row.state = State.CLOSED
                row.closed_at = now_ms()
            return row

        row = await self.journal.run(work)
        if row is not None:
            self.remember(row)

    async def visitor_rated(self, info: ConversationInfo, score: int, comment: str | None) -> None:
        """The citizen's rating, 1 to 5; a further one is a further entry."""
        await self.journal.append(
            Draft(
                info.id,
                What.RATING,
                VISITOR,
                f"{info.id}/rating/{new_id()}",
                Author.VISITOR,
                "",
                info.name,
                data={"score": score, "comment": comment},
                deliver_to=self.destinations(info.department),
            )
        )

    async def visitor_wants_transcript(self, info: ConversationInfo, email: str, lang: str | None) -> None:
        """Send the conversation to an address; the same again, with nothing said since, is sent once.

        Raises
        ------
        NotMailed
            If there is no mail server, or this is no conversation yet: a letter with nothing but what its sender
            wrote would be theirs to send to anybody. And after ``_MOST_LETTERS``.
        """
        letters = self.mailboxes(email)
        if not letters:
            raise NotMailed("This office sends no letters.")
        if not await self.store.last_answer(info.id):
            raise NotMailed("Nobody has answered yet: there is no conversation to send.")
        data = {"email": email, "lang": lang or info.lang}

        def work(tx: Transaction) -> None:
            asked = select(func.count()).where(
                col(Entry.conversation_id) == info.id, col(Entry.kind) == What.TRANSCRIPT
            )
            last = select(func.max(col(Entry.seq))).where(
                col(Entry.conversation_id) == info.id, col(Entry.kind) != What.TRANSCRIPT
            )
            key = f"{info.id}/transcript/{tx.session.exec(last).one()}/{_digest(email)}"
            draft = Draft(
                info.id, What.TRANSCRIPT, VISITOR, key, Author.SYSTEM, data=data, deliver_to=tuple(letters)
            )
            if tx.find(draft) is not None:
                return
            if tx.session.exec(asked).one() >= _MOST_LETTERS:
                raise NotMailed(f"It was sent {_MOST_LETTERS} times already.")
            for bridge, address in letters.items():
                if tx.session.get(Thread, (info.id, bridge)) is None:
                    tx.session.add(
                        Thread(conversation_id=info.id, bridge=bridge, chat=address, thread=info.id)
                    )
            tx.append(draft)

        await self.journal.run(work)

    async def visitor_typing(self, info: ConversationInfo) -> None:
        """The citizen is typing: shown at the desk and where a platform has a sign for it."""
        self.tell(DESK, Live("typing", {"conversation": info.id}))
        if self.leads:
            await self.show_typing(info.id, info.department)
        else:
            self.to_others({"kind": "typing", "conversation": info.id, "department": info.department})

    async def show_typing(self, conversation_id: str, department: str | None) -> None:
        """Show on the platforms that the citizen is typing."""
        for name in self.destinations(department):
            thread = await self.store.thread(conversation_id, name)
            if thread is not None:
                await self.bridges[name].typing(Place(thread.chat, thread.thread))

    async def erase(self, conversation_id: str, *, everywhere: bool = True) -> None:
        """Delete a conversation with all that belongs to it, here and (``everywhere``) on the platforms."""
        unread = await self.store.unread(conversation_id)
        keys = await self.journal.run(lambda tx: erase(tx, conversation_id, everywhere=everywhere))
        self.signs.erased(unread)
        self.was_erased(conversation_id)
        self.to_others({"kind": "erased", "conversation": conversation_id})
        await self.files.remove(keys)

    def was_erased(self, conversation_id: str) -> None:
        """A conversation is gone from the record, through this hub or another."""
        self.forget(conversation_id)
        self.queue.changed()
        self.fanout.publish(conversation_id, Live("erased"))
        self.fanout.publish(DESK, Live("erased", {"conversation": conversation_id}))

    def _from_visitor(
        self,
        info: ConversationInfo,
        client_id: str,
        kind: What,
        text: str,
        data: dict[str, object] | None = None,
    ) -> Draft:
        return Draft(
            info.id, kind, VISITOR, f"{info.id}/{client_id}", Author.VISITOR, text, info.name,
            data=data or {}, deliver_to=self.destinations(info.department),
        )  # fmt: skip

    async def _reopen_and_append(self, info: ConversationInfo, draft: Draft) -> Appended:
        def work(tx: Transaction) -> tuple[Conversation | None, Appended]:
            row = tx.conversation(info.id)
            if tx.find(draft) is None:
                reopen(tx, row, draft)
            return row, tx.append(draft)

        row, appended = await self.journal.run(work)
        if row is not None:
            self.remember(row)
        return appended

    async def _reopen_if_closed_before(self, record: Record, draft: Draft) -> None:
        """Open again where a close and the citizen's message crossed, and the message came second."""

        def work(tx: Transaction) -> Conversation | None:
            row = tx.conversation(record.conversation_id)
            closed = tx.session.exec(
                select(func.max(col(Entry.seq))).where(
                    col(Entry.conversation_id) == record.conversation_id, col(Entry.kind) == What.CLOSED
                )
            ).one()
            if closed is not None and closed < record.seq:
                reopen(tx, row, draft)
            return row

        row = await self.journal.run(work)
        if row is not None:
            self.remember(row)
