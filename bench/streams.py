"""What open event streams cost while nothing happens: memory for each, and the processor's time."""

import asyncio

import psutil

from bench.processes import folder, listening, program, start_conversations
from bench.results import Length, Result


async def measure(length: Length) -> list[Result]:
    """The program's own memory before and with the streams, and its time over more than two heartbeats."""
    with folder() as place:
        async with program(place) as running:
            conversations = await start_conversations(running.port, length.streams)
            process = psutil.Process(running.pid)
            async with listening(running.port, conversations[:1]):
                await asyncio.sleep(min(2.0, length.idle))
            before = process.memory_info().rss
            async with listening(running.port, conversations):
                await asyncio.sleep(min(10.0, length.idle))  # until each has been told what there was
                each = (process.memory_info().rss - before) / len(conversations) / 1000
                used = process.cpu_times()
                await asyncio.sleep(length.idle)
                since = process.cpu_times()
    busy = (since.user + since.system - used.user - used.system) / length.idle * 100
    held = f"{length.streams} streams, one for each conversation"
    return [
        Result("memory of an open stream", each, "KB", "under", 25, f"{held}; resident memory"),
        Result("processor, streams idle", busy, "%", "under", 3, f"{held}; of one core, {length.idle:g} s"),
    ]
