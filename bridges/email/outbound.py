"""Journal entries to letters: who is written to, and what is reported when."""

from email.message import EmailMessage

from bridges.email.client import Client
from bridges.email.ids import message_id
from bridges.email.render import Attachment, Letterhead, dated, notice, receipt, reply, transcript
from models.tables import Author, Callback, What
from routing.bridge import Post, Progress
from routing.errors import Refused
from routing.hub import Hub
from routing.transcript import as_text, said_in
from settings import EmailSettings
from texts import Words, choose, words


class Outbound:
    """Writes the letters that a post asks for, one after the other."""

    def __init__(self, hub: Hub, client: Client, settings: EmailSettings) -> None:
        self._hub = hub
        self._client = client
        self._settings = settings

    async def deliver(self, post: Post, progress: Progress) -> None:
        """See ``routing.bridge.Bridge.deliver``."""
        if post.entry.kind == What.TRANSCRIPT:
            letters = await self._transcript(post)
        else:
            callback = await self._hub.store.callback_of(post.conversation.id)
            letters = await self._letters(post, callback) if callback else []  # none: erased meanwhile
        for letter in letters[post.parts_done :]:
            progress.may_call()
            await self._client.send(dated(letter, self._hub.now()))
            await progress.posted(letter["To"].addresses[0].addr_spec, str(letter["Message-ID"]))

    async def _transcript(self, post: Post) -> list[EmailMessage]:
        """What was said until the citizen asked for it; none if it was erased meanwhile."""
        entry, info, hub = post.entry, post.conversation, self._hub
        words = self._words(str(entry.data["lang"]))
        records = [record for record in await hub.store.entries(info.id) if record.seq < entry.seq]
        office = hub.settings.office.name
        head = Letterhead(self._settings.sender, office, self._settings.office, "")
        text = as_text(hub, said_in(hub, records), words)
        return (
            [transcript(head, post.key, str(entry.data["email"]), info.name, text, words)] if records else []
        )

    async def _letters(self, post: Post, callback: Callback) -> list[EmailMessage]:
        entry, info = post.entry, post.conversation
        office = self._hub.settings.office
        head = Letterhead(self._settings.sender, office.name, self._settings.office, callback.reference)
        if entry.kind == What.CALLBACK:
            letters = []
            if callback.email:
                letters.append(receipt(head, post.key, entry, self._words(info.lang)))
            if self._settings.office:
                letters.append(notice(head, post.key, len(letters), entry, info, office.language))
            return letters
        if (
            entry.author != Author.OPERATOR
            or entry.kind not in (What.MESSAGE, What.FILE)
            or not callback.email
        ):
            return []
        return [
            reply(
                head,
                post.key,
                callback.email,
                post.entries,
                self._hub.shown_name(entry) or office.name,
                self._words(info.lang),
                root=await self._root(callback),
                attachment=await self._attachment(post),
            )
        ]

    async def _root(self, callback: Callback) -> str:
        """The Message-ID of the receipt, which every later letter answers."""
        for entry in await self._hub.store.entries(callback.conversation_id):
            if entry.kind == What.CALLBACK:
                return message_id(f"{callback.conversation_id}.{entry.seq}", 0, self._settings.sender)
        raise Refused("the message that it answers was erased")

    async def _attachment(self, post: Post) -> Attachment | None:
        data = post.entry.data
        if post.entry.kind != What.FILE:
            return None
        try:
            content = await self._hub.read_file(str(data.get("key", "")))
        except FileNotFoundError:
            raise Refused("its file was erased") from None
        return Attachment(str(data.get("name") or "file"), str(data["type"]), content)

    def _words(self, lang: str) -> Words:
        settings = self._hub.settings
        return words(choose(lang, default=settings.office.language), settings.texts)
