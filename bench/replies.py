"""How long an operator's reply takes to the citizen, with many other pages open.

Measured from outside: from the moment the desk's request is sent to the moment the event is read from the
citizen's socket. So it holds the commit, the request's and the event's way through the system, and the load
generator's own delay: what the hub itself needs is less.
"""

from bench.desk import desk_of
from bench.processes import at_rest, folder, listening, program, start_conversations
from bench.results import Length, Result, percentile


async def measure(length: Length) -> list[Result]:
    """Replies from the desk, one after the other, to conversations all over the office."""
    with folder() as place:
        async with program(place) as running:
            conversations = await start_conversations(running.port, length.streams)
            async with listening(running.port, conversations) as pages, desk_of(running) as desk:
                await at_rest(running)
                delays = [
                    await desk.reply(conversations[number * 7 % len(conversations)][0], pages)
                    for number in range(length.samples)
                ]
    detail = (
        f"desk's request → citizen's socket, {length.streams} streams open, {len(delays)} replies; "
        f"median {percentile(delays, 50):.1f} ms"
    )
    return [Result("reply to the citizen, p99", percentile(delays, 99), "ms", "under", 20, detail)]
