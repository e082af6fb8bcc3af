"""``python -m tests.crashing serve …``: the real program, which dies by SIGKILL at a point given in LINEA_CRASH_AT.

``POINT:N`` is the Nth time that it comes there. The points lie between receiving and marking as sent.
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from app import main
from models.journal import Journal
from routing.ledger import Ledger, Steps

POINTS: dict[str, tuple[type, str, bool]] = {
    # name: where, and whether the power fails before or after it
    "before an entry is on disk": (Journal, "_commit", False),
    "on disk, not acknowledged": (Journal, "_settle", False),
    "before it is marked as being sent": (Ledger, "sending", False),
    "marked as being sent, not sent": (Ledger, "sending", True),
    "thread opened, not written down": (Steps, "opened", False),
    "thread opened and written down": (Steps, "opened", True),
    "sent, not written down": (Steps, "posted", False),
    "sent and written down, not marked as sent": (Ledger, "sent", False),
    "marked as sent": (Ledger, "sent", True),
}


def die() -> None:
    """As when the power fails."""
    os.kill(os.getpid(), signal.SIGKILL)


def arm(point: str, times: int) -> None:
    """Die when ``point`` is reached for the ``times``-th time."""
    place, name, after = POINTS[point]
    plain: Callable[..., Any] = getattr(place, name)
    left = [times]

    def due() -> bool:
        left[0] -= 1
        return left[0] == 0

    if name.startswith("_"):

        def deadly(*arguments: Any) -> Any:
            if due():
                die()
            return plain(*arguments)
    else:

        async def deadly(*arguments: Any) -> Any:
            now = due()
            if now and not after:
                die()
            result = await plain(*arguments)
            if now:
                die()
            return result

    setattr(place, name, deadly)


if __name__ == "__main__":
    point, _, times = os.environ["LINEA_CRASH_AT"].rpartition(":")
    arm(point, int(times))
    sys.exit(main(sys.argv[1:]))
