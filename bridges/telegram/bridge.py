"""The Telegram bridge: its life, its health, and the loop that fetches what operators did.

The offset moves past an update only after the hub has it on disk: Telegram keeps, and delivers again, what
was not confirmed. python-telegram-bot's own ``Updater`` confirms before it handles, so it is not used.
"""

import asyncio
import contextlib
import logging
import time
import traceback
from collections.abc import Awaitable
from pathlib import Path

from telegram import Update
from telegram.constants import ChatAction
from telegram.error import RetryAfter, TelegramError

from bridges.telegram import errors
from bridges.telegram.aside import Aside
from bridges.telegram.chats import Chats, follow
from bridges.telegram.client import Client
from bridges.telegram.gone import Gone
from bridges.telegram.headings import Headings
from bridges.telegram.icons import Icons
from bridges.telegram.ids import NAME, Topic, thread_of
from bridges.telegram.inbound import Identity, Inbound
from bridges.telegram.outbound import Outbound
from bridges.telegram.sender import Sender
from bridges.telegram.setup import look_at, offer_commands
from bridges.telegram.signs import Signs
from bridges.telegram.underway import Underway
from models.errors import StorageError
from models.tables import now_ms
from routing.bridge import Health, Place, Post, Progress
from routing.budget import Budget
from routing.errors import DeliveryError, TryLater, Unforeseen
from routing.hub import Hub
from settings import TelegramSettings

log = logging.getLogger(__name__)

_WANTED = ("message", "edited_message", "callback_query", "message_reaction", "my_chat_member")
"""Telegram remembers this list; without it, it would not send reactions."""
_LONG_POLL = 30
"""Seconds Telegram holds a request without news: under the idle limit of common firewalls."""
_FIRST_WAIT = 1.0
"""Seconds before the second try of a failed getUpdates; doubled for each further one."""
_HUB_WAIT = (0.2, 10.0)
"""Shortest and longest pause, in seconds, before an update that could not be written is handed in again."""
_PREPARE = 10.0
"""Seconds the first look at bot and chats may take before messages are fetched regardless."""
_GRACE = 0.6
"""Seconds that posts under way have to finish when the bridge stops."""
_TYPING_EVERY = 4.0
"""Seconds between two typing signs in one thread; Telegram shows one for 5."""


class TelegramBridge:
    """Fulfils ``routing.bridge.Bridge``."""

    name = NAME

    def __init__(self, hub: Hub, settings: TelegramSettings, token: str) -> None:
        self.health = Health()
        self.identity: str | None = None
        self._hub = hub
        self._client = Client(settings, token)
        self._bot = self._client.bot
        self._aside = Aside()
        self._chats = Chats(self._configured, self._report)
        self._signs = Signs(self._bot, self._chats, self.health.details)
        self._me = Identity(self._client.own_id)
        self._icons = Icons(self._bot)
        sender = Sender(self._bot, hub.read_file, self._icons)
        self._headings = headings = Headings(hub, sender, self._chats, self._aside)
        self._outbound = Outbound(hub, self._bot, self._chats, sender, headings)
        self._underway = Underway()
        self._gone = Gone(hub, self._bot, self._chats, sender)
        self._inbound = Inbound(
            hub, self._bot, self._chats, self._me, self._underway, self._aside, headings.changed, self._gone
        )
        self._sees_all = False
        self._prepared = False
        self._poll_problem: str | None = None
        self._connected = False
        self._task: asyncio.Task[None] | None = None
        self._stopping = False
        self._typed: dict[Place, float] = {}

    # Life ---------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin to fetch, in the background; never fails."""
        self._task = asyncio.create_task(self._run(), name="telegram")

    async def stop(self) -> None:
        """Stop fetching at once; posts under way get a moment to finish."""
        self._stopping = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._aside.stop()
        await self._underway.over(patience=_GRACE)
        await self._client.close()

    async def _run(self) -> None:
        await self._prepare()
        # Not before: a group that has become another one is known as that only once it was looked at.
        self.identity = str(self._me.id or "")
        self._hub.places.set()
        failures = 0
        offset: int | None = None
        while True:
            try:
                # The first answer after a failure comes at once, and says that all is well.
                updates = await self._fetch(offset, _LONG_POLL if self._connected else 0)
            except TelegramError as error:
                failures += 1
                await asyncio.sleep(self._fetch_failed(error, failures))
                continue
            failures = 0
            if not self._connected:
                self._came_back()
            for update in updates:
                await self._take_in(update)
                offset = update.update_id + 1
            self._look_at_doubted()

    async def _fetch(self, offset: int | None, hold: int) -> tuple[Update, ...]:
        try:
            return await self._bot.get_updates(offset=offset, timeout=hold, allowed_updates=_WANTED)
        except TelegramError:
            raise
        except Exception as error:  # an answer in a shape of its own must not end the loop
            raise TelegramError(f"{type(error).__name__} in the answer") from error

    def _fetch_failed(self, error: TelegramError, failures: int) -> float:
        """Note the failure; how many seconds to wait."""
        problem, longest = errors.poll_problem(error)
        if isinstance(error, RetryAfter):
            return errors.seconds(error)
        if failures == 1:
            log.warning("telegram: getUpdates failed (%s)", type(error).__name__)
        self._connected = self._prepared = False
        self._poll_problem = problem
        self._report()
        return float(min(longest, _FIRST_WAIT * 2 ** min(failures - 1, 10)))

    def _came_back(self) -> None:
        self._connected = True
        self._poll_problem = None
        self._icons.reconnected()
        if not self._prepared:
            self._aside.run(self._prepare())
        self._report()

    async def _take_in(self, update: Update) -> None:
        """Hand an update to the hub until it is on disk; one that cannot be understood is passed over."""
        wait, longest = _HUB_WAIT
        while True:
            try:
                await self._inbound.handle(update)
            except (StorageError, OSError) as error:
                log.warning("telegram: update %s waits: %s", update.update_id, type(error).__name__)
                await asyncio.sleep(wait)
                wait = min(longest, wait * 2)
                continue
            except Exception as error:
                log.error("telegram: update %s was passed over (%s)", update.update_id, _where(error))
            break
        self.health.last_event_at = now_ms()

    # What is known of bot and chats -------------------------------------------------------------

    def _configured(self) -> list[str]:
        """The chats of the configuration in force."""
        settings = self._hub.settings
        main = settings.bridges.telegram
        numbers = [main.chat] if main else []
        numbers += [department.telegram.chat for department in settings.departments if department.telegram]
        return [str(number) for number in numbers]

    async def _prepare(self) -> None:
        """Learn who the bot is and what its chats are like; what Telegram does not answer is done without."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_PREPARE):
                await asyncio.gather(
                    _tolerated(self._bot.delete_webhook()),
                    _tolerated(offer_commands(self._bot, self._hub.settings.office.language)),
                    self._introduce(),
                )

    async def _introduce(self) -> None:
        self._signs.reconnected()
        if await _tolerated(self._learn_identity()):
            self._prepared = True
        await asyncio.gather(*(self._look(self._chats.present(chat)) for chat in self._configured()))

    async def _learn_identity(self) -> None:
        me = await self._bot.get_me()
        self._me.id, self._me.username = me.id, me.username
        self._sees_all = bool(me.can_read_all_group_messages)
        self.health.details["bot"] = f"@{me.username}"

    def _look_at_doubted(self) -> None:
        while self._chats.doubted:
            self._aside.run(self._look(self._chats.doubted.pop()))

    async def _look(self, chat: str) -> None:
        look = await look_at(self._bot, chat, self._me.id, sees_all=self._sees_all)
        if look.moved_to is not None:
            try:
                await follow(self._hub, self._chats, chat, look.moved_to)
            except StorageError:
                return  # the next post there learns it again
            look = await look_at(self._bot, look.moved_to, self._me.id, sees_all=self._sees_all)
            chat = self._chats.present(chat)
        if look.has_topics is not None:
            self._chats.learnt_topics(chat, look.has_topics)
            self.health.details[f"chat {chat}"] = "topics" if look.has_topics else "reply chains"
        self._chats.looked_at(chat, look.faults)

    def reconfigured(self) -> None:
        """Look at the chats that the file names now: there may be new ones."""
        if self._connected:
            self._chats.doubted.update(self._chats.present(chat) for chat in self._configured())
            self._look_at_doubted()
        self._report()

    def _report(self) -> None:
        """Put what is known into ``health``, and tell the hub when it has changed."""
        problem = self._poll_problem or self._chats.problem()
        now = (self._connected, problem, self._chats.blocked())
        health = self.health
        if (health.connected, health.problem, health.blocked) == now:
            return
        health.connected, health.problem, health.blocked = now
        self._hub.bridge_changed(NAME)

    # Towards the operators ----------------------------------------------------------------------

    def destination(self, department: str | None) -> str | None:
        """The department's own chat, else the office's; its id of today."""
        settings = self._hub.settings
        for candidate in settings.departments:
            if candidate.name == department and candidate.telegram is not None:
                return self._chats.present(str(candidate.telegram.chat))
        main = settings.bridges.telegram
        return self._chats.present(str(main.chat)) if main else None

    async def name_of(self, chat: str) -> str:
        """The group's title."""
        return await self._chats.name_of(self._bot, chat)

    def budgets(self, chat: str) -> tuple[Budget, ...]:
        """1 message a second and 20 a minute for a group, all its topics together."""
        return self._chats.budgets(chat)

    async def deliver(self, post: Post, progress: Progress) -> None:
        """See ``routing.bridge.Bridge.deliver``."""
        if self._stopping:
            raise TryLater("the bridge is stopping")
        try:
            with self._underway.post(self._chats.present(post.place.chat if post.place else post.chat)):
                await self._outbound.deliver(post, progress)
        except (DeliveryError, StorageError):
            raise
        except Exception as error:
            log.error("telegram: a post failed in an unforeseen way (%s)", _where(error))
            raise Unforeseen(type(error).__name__) from error

    async def find(self, post: Post) -> str | None:
        """Bots cannot read a chat back.

        Raises
        ------
        LookupError
            Always.
        """
        raise LookupError(post.key)

    async def typing(self, place: Place) -> None:
        """Show that the citizen is typing, unless messages need the permits; never raises."""
        now = time.monotonic()
        chat = self._chats.present(place.chat)
        if self._stopping or chat != place.chat or not place.thread:
            return
        if any(budget.delay(now) > 0 for budget in self._chats.budgets(chat)):
            return
        if now - self._typed.get(place, -_TYPING_EVERY) < _TYPING_EVERY:
            return
        self._typed = {p: at for p, at in self._typed.items() if now - at < _TYPING_EVERY} | {place: now}
        thread = thread_of(place.thread)
        topic = thread.id if isinstance(thread, Topic) else None
        self._aside.run(self._bot.send_chat_action(int(chat), ChatAction.TYPING, message_thread_id=topic))

    def left(self, conversation_id: str, place: Place) -> None:
        """Change the first message and the topic's name, when there is room for it."""
        self._headings.left(conversation_id, place)

    async def anybody_there(self) -> bool | None:
        """Telegram does not tell bots who is there."""
        return None

    async def sign(self, chat: str, message: str, sign: str, instead_of: str | None = None) -> float:
        """A reaction of the bot's, while there is room for it."""
        return 0.0 if self._stopping else await self._signs.put(chat, message, sign)


async def _tolerated(call: Awaitable[object]) -> bool:
    """Whether ``call`` went through; the bridge works without it too."""
    try:
        await call
    except Exception as error:
        log.info("telegram: done without a call that failed (%s)", type(error).__name__)
        return False
    return True


def _where(error: Exception) -> str:
    """An error's kind and place, without its words: they may quote what a citizen wrote."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"
