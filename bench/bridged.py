"""What a bridge costs citizens, and how long the hub takes between a citizen and Slack, both ways.

The platform is the tests' stand-in, in this process. For the delays each conversation has a department with
a channel of its own, and messages come so slowly that no channel's budget is ever used up: what is measured
is the hub, not Slack's limits.
"""

import asyncio
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import httpx

from bench.processes import (
    CONNECTIONS,
    Conversations,
    Listeners,
    folder,
    listening,
    program,
    rate,
    start_conversations,
)
from bench.results import Length, Result, percentile, ratios
from tests.platforms.slack import SlackStandIn
from tests.platforms.slack.backend import Call

_CHANNELS = 40
_PAUSE = 0.04
"""Seconds between two messages: with 40 channels each gets one in 1.6 s, under Slack's one a second."""


async def measure(length: Length) -> list[Result]:
    """First the rate with and without a bridge, then the delays."""
    with folder() as place:
        return [await _rates(place, length), *await _delays(place / "delays", length)]


async def _rates(place: Path, length: Length) -> Result:
    async with (
        SlackStandIn() as slack,
        program(place / "without") as without,
        program(place / "with", slack) as bridged,
    ):
        await slack.wait_for(lambda: slack.connected == 1, 30)
        lists = {hub.port: await start_conversations(hub.port, CONNECTIONS) for hub in (without, bridged)}
        for hub in (without, bridged):
            await rate(hub.port, lists[hub.port], length.warm_up)
        rounds = []
        for _ in range(length.rounds):
            alone = await rate(without.port, lists[without.port], length.seconds)
            rounds.append((await rate(bridged.port, lists[bridged.port], length.seconds), alone))
    ratio, lowest, highest = ratios(rounds)
    detail = (
        f"Slack's bridge on, all in one channel, a backlog growing; "
        f"{length.rounds} rounds in turns: {lowest:.2f} to {highest:.2f}"
    )
    return Result("messages, of those without a bridge", ratio, "", "at least", 0.9, detail)


async def _delays(place: Path, length: Length) -> list[Result]:
    async with SlackStandIn() as slack:
        channels = [slack.workspace.add_channel(f"urp-{number}").id for number in range(_CHANNELS)]
        departments = [{"name": c, "slack": {"channel": c}} for c in channels]
        async with program(place, slack, departments=departments) as running:
            await slack.wait_for(lambda: slack.connected == 1, 30)
            async with httpx.AsyncClient(base_url=running.url, timeout=30) as citizens:
                conversations = [await _start(citizens, channel) for channel in channels]
                threads = [await slack.wait_for(_root(slack, channel), 30) for channel in channels]
                async with listening(running.port, conversations) as pages:
                    there = await _to_slack(slack, citizens, conversations, length.samples)
                    back = await _from_slack(slack, pages, threads, length.samples)
    detail = "{} messages, {} channels, no budget used up; median {:.1f} ms"
    return [
        Result(
            name, percentile(delays, 99), "ms", "under", 30,
            detail.format(len(delays), _CHANNELS, percentile(delays, 50)),
        )
        for name, delays in (("visitor → Slack's call, p99", there), ("Slack's event → visitor, p99", back))
    ]  # fmt: skip


async def _start(citizens: httpx.AsyncClient, department: str) -> tuple[str, str]:
    body = {"client_id": str(uuid.uuid4()), "text": "Buongiorno", "department": department}
    answer = (await citizens.post("/api/conversations", json=body)).raise_for_status().json()
    return answer["id"], answer["token"]


def _root(slack: SlackStandIn, channel: str) -> Callable[[], str]:
    """Looks for the channel's thread; gives nothing while there is none."""
    return lambda: next((message.ts for message in slack.workspace.in_channel(channel)), "")


async def _to_slack(
    slack: SlackStandIn, citizens: httpx.AsyncClient, conversations: Conversations, count: int
) -> list[float]:
    """From sending a citizen's request to the arrival of ``chat.postMessage``, in ms."""
    sent: dict[str, float] = {}
    for number in range(count):
        conversation, token = conversations[number % len(conversations)]
        text = f"domanda-{uuid.uuid4().hex}"
        sent[text] = time.monotonic()
        answer = await citizens.post(
            f"/api/conversations/{conversation}/messages",
            json={"client_id": text, "text": text},
            headers={"Authorization": f"Bearer {token}"},
        )
        answer.raise_for_status()
        await asyncio.sleep(_PAUSE)
    calls = await slack.wait_for(lambda: _all_shown(slack, sent), 30)
    return [(call.at - sent[text]) * 1000 for text, call in calls.items()]


def _all_shown(slack: SlackStandIn, texts: dict[str, float]) -> dict[str, Call]:
    """The call that shows each text; nothing while one is missing."""
    posted = [call for call in slack.calls if call.method == "chat.postMessage"]
    words = {word: call for call in posted for word in str(call.arguments.get("text")).split()}
    found = {text: words[text] for text in texts if text in words}
    return found if len(found) == len(texts) else {}


async def _from_slack(slack: SlackStandIn, pages: Listeners, threads: list[str], count: int) -> list[float]:
    """From an operator's message in Slack to its arrival at the citizen's socket, in ms."""
    delays = []
    for number in range(count):
        text = f"risposta-{uuid.uuid4().hex}"
        sent = time.monotonic()
        await slack.operator_says("anna", text, thread_ts=threads[number % len(threads)])
        delays.append((await pages.arrival(text) - sent) * 1000)
    return delays
