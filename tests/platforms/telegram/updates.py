"""What the bot is told: the queue behind getUpdates, with its offset, its memory and its jealousy."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from .errors import TelegramRefusal, bad_request, conflict
from .records import Json

DEFAULT = frozenset(
    {
        "message", "edited_message", "channel_post", "edited_channel_post", "inline_query",
        "chosen_inline_result", "callback_query", "shipping_query", "pre_checkout_query", "poll",
        "poll_answer", "my_chat_member", "chat_join_request", "chat_boost", "removed_chat_boost",
    }
)  # fmt: skip
"""What Telegram sends to a bot that asked for nothing in particular."""
KINDS = DEFAULT | {"message_reaction", "message_reaction_count", "chat_member"}
MAX_LIMIT = 100
LONGEST_HOLD = 50
_OTHER_POLLER = "terminated by other getUpdates request; make sure that only one bot instance is running"
_WEBHOOK = (
    "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)


@dataclass(frozen=True)
class Poll:
    """The arguments of a getUpdates; `hold` is how many seconds it may wait for news."""

    offset: int | None = None
    limit: int = MAX_LIMIT
    hold: int = 0
    allowed: list[str] | None = None


class Updates:
    """Updates that wait for the bot, and those it has confirmed."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self.allowed = DEFAULT
        self.webhook = ""
        self.waiting: list[Json] = []
        self.confirmed: list[Json] = []
        self._ring = ring
        self._next = 814_000_001
        self._poller: asyncio.Future[None] | None = None

    @property
    def is_polled(self) -> bool:
        """Whether the bot is waiting for news at this moment."""
        return self._poller is not None

    def offer(self, kind: str, what: Json) -> None:
        """Something happened: keep it for the bot, if it asked for such updates."""
        self._ring()
        if kind in self.allowed:
            self._put([{"update_id": self._next, kind: what}], first=False)
            self._next += 1

    def redeliver(self) -> int:
        """Forget that updates were confirmed: they come again; how many."""
        again, self.confirmed = self.confirmed, []
        self._put(again, first=True)
        return len(again)

    def number_anew(self, first: int) -> None:
        """Go on with another number, as Telegram does after a week without updates."""
        self._next = first

    async def poll(self, asked: Poll) -> list[Json]:
        """getUpdates: what is there, or what comes while it is held."""
        found = self.take(asked)
        if found or asked.hold <= 0:
            return found
        mine = self._poller = asyncio.get_running_loop().create_future()
        self._ring()
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(min(asked.hold, LONGEST_HOLD)):
                    await mine
        finally:
            if self._poller is mine:
                self._poller = None
        return self.waiting[: asked.limit]

    def take(self, asked: Poll) -> list[Json]:
        """getUpdates without waiting. Whoever waits already is sent away."""
        if not 1 <= asked.limit <= MAX_LIMIT:
            raise bad_request("limit is out of range")
        if self.webhook:
            raise conflict(_WEBHOOK)
        self.send_away(conflict(_OTHER_POLLER))
        if asked.allowed is not None:
            # An empty list means "as at first"; what is unknown is passed over.
            self.allowed = frozenset(asked.allowed) & KINDS or DEFAULT
        if asked.offset is not None:
            self._confirm(asked.offset)
        return self.waiting[: asked.limit]

    def send_away(self, refusal: TelegramRefusal) -> None:
        """Whoever waits for news is refused at once."""
        if self._poller is not None and not self._poller.done():
            self._poller.set_exception(refusal)
            self._poller = None

    def drop(self) -> None:
        """deleteWebhook with drop_pending_updates: what waits is gone."""
        self.waiting.clear()

    def _confirm(self, offset: int) -> None:
        """Offset N confirms everything before N; -N leaves the last N."""
        if offset < 0:
            first = self.waiting[offset:][:1]
            offset = first[0]["update_id"] if first else self._next
        done = [update for update in self.waiting if update["update_id"] < offset]
        self.waiting = [update for update in self.waiting if update["update_id"] >= offset]
        self.confirmed += done
        if done:
            self._ring()

    def _put(self, updates: list[Json], *, first: bool) -> None:
        self.waiting = updates + self.waiting if first else self.waiting + updates
        if self._poller is not None and not self._poller.done() and self.waiting:
            self._poller.set_result(None)
