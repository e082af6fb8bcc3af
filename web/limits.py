"""How often one address and one conversation may write (``limits`` in config.yaml)."""

import math
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from ipaddress import IPv6Address, IPv6Network
from typing import NamedTuple

from routing.rates import Counted, RatesAway, SharedRates
from settings import Rate, Settings
from web.problems import ProblemError

_HOME = 64
"""Bits of an IPv6 address that a provider gives to one connection: the other half is its holder's to choose."""


class Window:
    """Moments of the last writes, by whose they are; the window moves with each write.

    Pure: the caller says what time it is (any monotonic clock, in seconds). What is over is forgotten with the
    next write of anybody, so no more is kept than was written within the window.
    """

    __slots__ = ("_moments",)

    def __init__(self) -> None:
        self._moments: OrderedDict[str, deque[float]] = OrderedDict()
        """In the order of the last write."""

    def wait(self, whose: str, rate: Rate, now: float) -> float:
        """Seconds until they may write again; 0 when they may."""
        moments = self._moments.get(whose)
        if moments is None or len(moments) < rate.count:
            return 0.0
        return max(0.0, moments[-rate.count] + rate.seconds - now)

    def count(self, whose: str, rate: Rate, now: float) -> None:
        """They write."""
        over = now - rate.seconds
        moments = self._moments.get(whose)
        if moments is None:
            moments = self._moments[whose] = deque()
        else:
            self._moments.move_to_end(whose)
        moments.append(now)
        while moments[0] <= over:
            moments.popleft()
        while next(iter(self._moments.values()))[-1] <= over:
            self._moments.popitem(last=False)

    def shares(self, whose: str, rate: Rate, now: float) -> float:
        """How much of ``rate`` they wrote within the window: 1.0 is all of it."""
        moments = self._moments.get(whose, ())
        return sum(moment > now - rate.seconds for moment in moments) / rate.count

    def take_back(self, whose: str) -> None:
        """Their last write came to nothing."""
        if moments := self._moments.get(whose):
            moments.pop()
            if not moments:
                del self._moments[whose]


class TooMuch(ProblemError):
    """One write too many; ``of_conversation``: of the conversation, not only of its address.

    ``load`` is how many times its share was written over it, where a proof of work lets one go on all the same;
    None where only waiting helps.
    """

    def __init__(
        self, detail: str, *, wait: int, of_conversation: bool = False, load: float | None = None
    ) -> None:
        super().__init__(429, detail, headers={"Retry-After": str(wait)})
        self.of_conversation = of_conversation
        self.load = load


class _Share(NamedTuple):
    """What one write is counted against: ``shared`` is how it is called where hubs count together."""

    kind: str
    window: Window
    whose: str
    shared: str
    rate: Rate


async def never() -> bool:
    """No proof of work was done."""
    return False


class WriteLimits:
    """Counts writes, in memory or together with other hubs; limits that the configuration does not set are not counted.

    The window moves with each write, so that ``Retry-After`` is the very moment when the next may come.
    """

    def __init__(
        self, shared: SharedRates | None = None, mark_of: Callable[[str], str] = lambda address: address
    ) -> None:
        """``mark_of`` stands for an address where it leaves this process."""
        self._addresses = Window()
        self._conversations = Window()
        self._begun = Window()
        """What everybody together began, under one name."""
        self._paid = Window()
        """What came from an address with a proof of work, through this hub."""
        self._shared = shared
        self._mark_of = mark_of

    async def check(
        self,
        settings: Settings,
        address: str,
        conversation_id: str | None = None,
        *,
        begins: bool = False,
        paid: Callable[[], Awaitable[bool]] = never,
    ) -> None:
        """Count one write; one that is refused does not count.

        ``begins``: a conversation, or a message with contact details. ``paid`` is asked, once at the most, whether
        a proof of work came along: with it an address may write past its share, and begin while others flood.

        Raises
        ------
        TooMuch
            429 with ``Retry-After`` (seconds) when it is one too many.
        """
        limits, whose, has_paid = settings.limits, one_visitor(address), False
        if begins and limits.proof_of_work == "always":
            if not await paid():
                words = "Solve the challenge, and send it again with the solution."
                raise TooMuch(words, wait=1, load=self._load(settings, whose))
            has_paid = True
        shares = self._shares(settings, whose, conversation_id, begins=begins)
        full = await self._count(shares)
        if not full:
            return
        wait, longest = max(full, key=lambda one: one[0])
        of_conversation = any(share.kind == "conversation" for _, share in full)
        if of_conversation or not (has_paid or await paid()):
            load = None if of_conversation else self._load(settings, whose)
            raise _refusal(
                wait, full[0][1] if of_conversation else longest, load, of_conversation=of_conversation
            )
        if limits.per_address is not None:
            self._paid.count(whose, limits.per_address, time.monotonic())
        spent = [share for _, share in full]
        await self._count([share for share in shares if share not in spent])

    def _shares(
        self, settings: Settings, whose: str, conversation_id: str | None, *, begins: bool
    ) -> list[_Share]:
        limits = settings.limits
        shares = []
        if limits.per_address is not None:
            shared = self._mark_of(whose) if self._shared is not None else ""
            shares.append(_Share("address", self._addresses, whose, shared, limits.per_address))
        if limits.per_conversation is not None and conversation_id is not None:
            rate = limits.per_conversation
            shares.append(_Share("conversation", self._conversations, conversation_id, conversation_id, rate))
        if limits.per_address is not None and begins and limits.proof_of_work != "off":
            of_all = Rate(_TOWN * limits.per_address.count, limits.per_address.seconds)
            shares.append(_Share("town", self._begun, "begun", "begun", of_all))
        return shares

    async def _count(self, shares: list[_Share]) -> list[tuple[float, _Share]]:
        """Count one write against each, or against none where one of them is used up: those, and for how long."""
        if self._shared is not None and shares:
            try:
                waits = await self._shared.count([Counted(share.shared, share.rate) for share in shares])
            except RatesAway:
                pass
            else:
                return [(wait, share) for wait, share in zip(waits, shares, strict=True) if wait > 0]
        now = time.monotonic()
        full = [
            (wait, share) for share in shares if (wait := share.window.wait(share.whose, share.rate, now))
        ]
        for share in [] if full else shares:
            share.window.count(share.whose, share.rate, now)
        return full

    def _load(self, settings: Settings, whose: str) -> float | None:
        """How many times over its share an address has paid; None where the configuration wants no proof of work."""
        limits = settings.limits
        if limits.proof_of_work == "off":
            return None
        return self._paid.shares(whose, limits.per_address, time.monotonic()) if limits.per_address else 0.0

    async def take_back(self, address: str, conversation_id: str) -> None:
        """The last write that was counted came to nothing."""
        if self._shared is not None:
            await self._shared.take_back([self._mark_of(one_visitor(address)), conversation_id])
        self._addresses.take_back(one_visitor(address))
        self._conversations.take_back(conversation_id)


_TOWN = 2
"""Shares of one address that everybody together may begin before a flood is under way."""


def _refusal(wait: float, share: _Share, load: float | None, *, of_conversation: bool) -> TooMuch:
    seconds = max(1, math.ceil(wait))
    return TooMuch(
        f"At most {share.rate.count} in {share.rate.seconds} s from one {share.kind}: please wait {seconds} s.",
        wait=seconds,
        of_conversation=of_conversation,
        load=load,
    )


def one_visitor(address: str) -> str:
    """What all the addresses of one visitor have in common."""
    if ":" not in address:  # IPv4: nothing to parse
        return address
    try:
        parsed = IPv6Address(address)
    except ValueError:  # whatever a proxy calls it
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(IPv6Network((int(parsed), _HOME), strict=False))
