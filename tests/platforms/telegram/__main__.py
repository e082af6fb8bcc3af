"""`python -m tests.platforms.telegram --port N`: the stand-in on its own, for a demo or another process."""

import argparse
import asyncio
import contextlib
import json
import signal

from .records import Kind
from .stand_in import TelegramStandIn


async def run(port: int, kind: str) -> None:
    """Serve until SIGINT or SIGTERM; the first line printed is a JSON object with address, token and chat."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with TelegramStandIn(kind, port=port, control=True) as telegram:
        facts = {
            "api_url": telegram.api_url,
            "control_url": f"{telegram.base_url}control/",
            "token": telegram.token,
            "chat": telegram.chat,
        }
        print(json.dumps(facts), flush=True)
        await stopped.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.platforms.telegram", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 for any free one")
    parser.add_argument("--kind", choices=list(Kind), default=Kind.FORUM, help="what the office's group is")
    options = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run(options.port, options.kind))
