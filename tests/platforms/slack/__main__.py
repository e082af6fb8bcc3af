"""`python -m tests.platforms.slack --port N`: the stand-in on its own, for a demo or another process."""

import argparse
import asyncio
import contextlib
import json
import signal

from .stand_in import SlackStandIn


async def run(port: int) -> None:
    """Serve until SIGINT or SIGTERM; the first line printed is a JSON object with addresses and tokens."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopped.set)
    async with SlackStandIn(port=port, control=True) as slack:
        facts = {
            "api_url": slack.api_url,
            "control_url": f"{slack.workspace.base_url}control/",
            "bot_token": slack.bot_token,
            "app_token": slack.app_token,
            "channel": slack.channel,
        }
        print(json.dumps(facts), flush=True)
        await stopped.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.platforms.slack", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1; 0 for any free one")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run(parser.parse_args().port))
