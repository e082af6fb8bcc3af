"""Proof of work against floods: a small sum that a browser does in a moment, and a flood has to do thousands of times.

The scheme is ALTCHA's (https://altcha.org), made and checked here: no other server is asked, nobody is tracked. It
is the first version of it, whose check is one hash: the loop does it between two messages, and a browser can solve
it on a page that is not served over https, too.
"""

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from altcha.v1 import ChallengeOptions, create_challenge, verify_solution

from routing.rates import Counted, RatesAway, SharedRates
from settings import Rate

HEADER = "Altcha"
"""The request's header that carries a solution: ALTCHA's own payload, JSON in Base64."""
VALID_FOR = 600
"""Seconds: longer than the slowest phone needs, short enough that none are hoarded."""
COST = 100_000
"""Numbers to be tried at most: half a second on a cheap phone, a whole one at the worst."""
_DOUBLED_AT_MOST = 5
_LONGEST = 2_000
"""Characters of a solution; ours take 400."""


_ONCE = Rate(1, 2 * VALID_FOR)
"""A solution, in the time in which it is good; twice that, since the clocks of several hubs may differ."""


class Proofs:
    """Makes challenges and takes each solution once: among all hubs, where they count together (``shared``).

    ``now`` is seconds since 1970 UTC.
    """

    def __init__(
        self, secret: str, now: Callable[[], float] = time.time, shared: SharedRates | None = None
    ) -> None:
        self._shared = shared
        self._key = hmac.new(secret.encode(), b"proof of work", hashlib.sha256).hexdigest()
        self._now = now
        self._since = now()
        self._used: OrderedDict[str, float] = OrderedDict()
        """Solutions that were taken, and when they expire, in the order in which they came."""

    def challenge(self, load: float = 0.0) -> dict[str, Any]:
        """A new challenge; ``load`` is how many times over more than its share is being written: each doubles it."""
        cost = COST * 2 ** min(_DOUBLED_AT_MOST, int(load))
        expires = datetime.fromtimestamp(self._now() + VALID_FOR, UTC)
        made = create_challenge(ChallengeOptions(max_number=cost, hmac_key=self._key, expires=expires))
        return {
            "algorithm": made.algorithm,
            "challenge": made.challenge,
            "maxnumber": cost,
            "salt": made.salt,
            "signature": made.signature,
        }

    async def takes(self, given: str | None) -> bool:
        """Whether this is the solution of a challenge of ours that is still good; it is not taken again."""
        solved = _payload(given)
        if solved is None:
            return False
        good, _ = verify_solution(solved, self._key, check_expires=False)
        expires = _expiry(solved["salt"]) if good else 0.0
        # One of before this start may have been taken already: that is not remembered.
        if not self._now() < expires or expires < int(self._since) + VALID_FOR:
            return False
        self._forget()
        if solved["signature"] in self._used:
            return False
        self._used[solved["signature"]] = expires
        return await self._first_of_all(solved["signature"])

    async def _first_of_all(self, signature: str) -> bool:
        """Whether no other hub has taken it; True where they cannot be asked, as each counts rates alone then."""
        if self._shared is None:
            return True
        try:
            (wait,) = await self._shared.count([Counted(f"proof/{signature}", _ONCE)])
        except RatesAway:
            return True
        return wait == 0

    def _forget(self) -> None:
        while self._used and next(iter(self._used.values())) < self._now() - VALID_FOR:
            self._used.popitem(last=False)


def _payload(given: str | None) -> Any:
    """The solution that a header carries, in its expected shape; None for anything else."""
    if not given or len(given) > _LONGEST:
        return None
    try:
        found = json.loads(base64.b64decode(given, validate=True))
    except (ValueError, binascii.Error, RecursionError):
        return None
    if not isinstance(found, dict) or found.get("algorithm") != "SHA-256":
        return None
    texts = all(isinstance(found.get(name), str) for name in ("challenge", "salt", "signature"))
    number = found.get("number")
    return found if texts and isinstance(number, int) and not isinstance(number, bool) else None


def _expiry(salt: str) -> float:
    """When a challenge expires: its salt says so, and is signed."""
    for pair in salt.partition("?")[2].split("&"):
        name, _, value = pair.partition("=")
        if name == "expires" and value.isdecimal():
            return float(value)
    return 0.0
