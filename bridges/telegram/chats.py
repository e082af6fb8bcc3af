"""What the bridge knows of each chat: whether it has topics, where it has moved to, what is wrong with it."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from telegram import Bot

from bridges.telegram.errors import is_outside
from bridges.telegram.ids import NAME
from routing.budget import Budget
from routing.hub import Hub

log = logging.getLogger(__name__)

_ROOTED = 20_000
"""Threads remembered as having their heading; past that the record is asked again."""


@dataclass(slots=True)
class Chats:
    """Knowledge that is learnt anew after a start.

    ``configured`` gives the chats of ``config.yaml``; ``changed`` is called when a problem comes or goes.
    """

    configured: Callable[[], Iterable[str]]
    changed: Callable[[], None]
    doubted: set[str] = field(default_factory=set)
    """Chats in which the bot's place has changed: they are to be looked at."""
    _forums: dict[str, bool] = field(default_factory=dict)
    _moved: dict[str, str] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)
    _problems: dict[str, str] = field(default_factory=dict)
    _budgets: dict[str, tuple[Budget, ...]] = field(default_factory=dict)
    _rooted: set[tuple[str, str]] = field(default_factory=set)

    def has_topics(self, chat: str) -> bool | None:
        """Whether the chat is a forum; None while nobody has said."""
        return self._forums.get(chat)

    def learnt_topics(self, chat: str, has_them: bool) -> None:
        """The chat is a forum, or is not."""
        self._forums[chat] = has_them

    def moved(self, old: str, new: str) -> None:
        """The chat has a new id."""
        if old == new:
            return
        log.warning(
            "telegram: chat %s became chat %s and is followed there; write the new number into config.yaml",
            old,
            new,
        )
        self._moved[old] = new
        self._problems.pop(_sending(old), None)

    def present(self, chat: str) -> str:
        """The chat's id of today, for an id it has or once had."""
        seen = {chat}
        while chat in self._moved and self._moved[chat] not in seen:
            chat = self._moved[chat]
            seen.add(chat)
        return chat

    def is_ours(self, chat: str) -> bool:
        """Whether the chat is one of the office's, under any id it has had."""
        return self.present(chat) in {self.present(known) for known in self.configured()}

    def doubt(self, chat: str) -> None:
        """The bot was added, removed or given other rights in a chat: look at it again if it is ours."""
        if self.is_ours(chat):
            self.doubted.add(chat)

    def budgets(self, chat: str) -> tuple[Budget, ...]:
        """1 message a second (3 at once) and 20 a minute: Telegram's limits for a group, topics together."""
        if chat not in self._budgets:
            self._budgets[chat] = (Budget(1, 1, 3), Budget(20, 60, 20))
        return self._budgets[chat]

    def is_rooted(self, chat: str, thread: str) -> bool:
        """Whether the thread is known to have its heading."""
        return (chat, thread) in self._rooted

    def rooted(self, chat: str, thread: str) -> None:
        """The thread has its heading."""
        if len(self._rooted) >= _ROOTED:
            self._rooted.clear()
        self._rooted.add((chat, thread))

    def cannot_send(self, chat: str, problem: str) -> None:
        """Nothing can be shown in the chat, for a reason that the administrator can take away."""
        self._set(_sending(chat), problem)

    def sent(self, chat: str) -> None:
        """Something was shown in the chat."""
        self._set(_sending(chat), None)

    def looked_at(self, chat: str, faults: Iterable[str]) -> None:
        """What a look at the chat found wrong with it; where that is nothing, sending is worth a try again."""
        fault = next(iter(faults), None)
        self._set(_about(chat)[1], fault)
        if fault is None:
            self.sent(chat)

    def blocked(self) -> bool:
        """Whether nothing can be shown in any of the office's chats."""
        return all(self._is_shut(self.present(chat)) for chat in self.configured())

    def problem(self) -> str | None:
        """The oldest problem there is with any of the office's chats."""
        ours = {key for chat in self.configured() for key in _about(self.present(chat))}
        return next((problem for key, problem in self._problems.items() if key in ours), None)

    def _is_shut(self, chat: str) -> bool:
        sending, look = _about(chat)
        # Where the bot is not, nobody has to write first to find out.
        return sending in self._problems or is_outside(self._problems.get(look))

    async def name_of(self, bot: Bot, chat: str) -> str:
        """What a chat is called, or its id where Telegram does not say."""
        if chat not in self._names:
            try:
                self._names[chat] = (await bot.get_chat(int(chat))).title or chat
            except Exception as error:  # also a server that does not know the call
                log.info("telegram: the name of a chat is not known (%s)", type(error).__name__)
                return chat
        return self._names[chat]

    def _set(self, key: str, problem: str | None) -> None:
        if self._problems.get(key) == problem:
            return
        if problem is None:
            del self._problems[key]
        else:
            self._problems[key] = problem
        self.changed()


async def follow(hub: Hub, chats: Chats, old: str, new: str) -> None:
    """A chat was given a new id: remember it, and let its conversations go on there."""
    if chats.present(old) == new or not (chats.is_ours(old) or chats.is_ours(new)):
        return
    await hub.chat_moved(NAME, old, new)
    chats.moved(old, new)


def _sending(chat: str) -> str:
    return _about(chat)[0]


def _about(chat: str) -> tuple[str, str]:
    """What the problems with a chat are kept under: those of sending, and those that a look has found."""
    return f"send {chat}", f"look {chat}"
