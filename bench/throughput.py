"""Acknowledged durable messages a second through the HTTP API, as a part of what a bare app does."""

from bench.processes import CONNECTIONS, bare, folder, program, rate, start_conversations
from bench.results import Length, Result, ratios


async def measure(length: Length) -> list[Result]:
    """The program and the bare app in turns, both under the same load generator."""
    with folder() as place:
        async with program(place / "hub") as ours, bare(place) as theirs:
            conversations = await start_conversations(ours.port, CONNECTIONS)
            for port in (ours.port, theirs):
                await rate(port, conversations, length.warm_up)
            rounds = [
                (
                    await rate(ours.port, conversations, length.seconds),
                    await rate(theirs, conversations, length.seconds),
                )
                for _ in range(length.rounds)
            ]
    ratio, lowest, highest = ratios(rounds)
    detail = (
        f"{_median(rounds, 0):.0f}/s against {_median(rounds, 1):.0f}/s, {CONNECTIONS} connections, "
        f"{length.rounds} rounds in turns: {lowest:.2f} to {highest:.2f}"
    )
    return [Result("messages, of a bare app's", ratio, "", "at least", 0.25, detail)]


def _median(rounds: list[tuple[float, float]], which: int) -> float:
    return sorted(pair[which] for pair in rounds)[len(rounds) // 2]
