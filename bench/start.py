"""How long ``./linea serve`` takes until its three lines, once its environment has been made."""

import asyncio
import statistics
import time

from bench.processes import folder
from bench.results import Length, Result
from tests.program import ROOT, Program


async def measure(length: Length) -> list[Result]:
    """Starts one after the other; the first, which makes the environment and the database, is not counted."""
    with folder() as place:
        office = Program(place)
        await _start(office)
        times = [await _start(office) for _ in range(length.rounds)]
    detail = f"median of {length.rounds}, no platform; {min(times):.2f} to {max(times):.2f}"
    return [Result("a further start of ./linea serve", statistics.median(times), "s", "under", 2, detail)]


async def _start(office: Program) -> float:
    """Start it and end it; the seconds until its three lines."""
    begun = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        str(ROOT / "linea"), "serve", "--config", str(office.config),
        env=office.environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        async with asyncio.timeout(600):
            while not (line := await process.stdout.readline()).startswith(b"Bridges on"):
                if not line:
                    raise RuntimeError("./linea serve ended at its start")
        return time.monotonic() - begun
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
