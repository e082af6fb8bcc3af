"""An office for tests, whatever platform it answers from: what the journal has, a colleague at the desk, files."""

import asyncio
from collections.abc import Callable
from typing import Any

from models.journal import Record
from models.tables import What
from routing.inbound import Arrival, Operator
from tests.citizen import Citizen, Stream
from tests.hub import RunningHub

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
LUCA = Operator("7", "Luca Verdi")


async def entries(office: RunningHub, citizen: Citizen, *kinds: What) -> list[Record]:
    """What the journal has of the conversation."""
    found = await office.hub.store.entries(citizen.id)
    return [record for record in found if not kinds or record.kind in kinds]


async def until(
    office: RunningHub, citizen: Citizen, wanted: Callable[[list[Record]], object]
) -> list[Record]:
    """The journal's entries as soon as they are as wanted."""
    written = asyncio.Event()
    office.hub.journal.on_written(lambda *_: written.set())
    async with asyncio.timeout(20):
        while True:
            written.clear()
            found = await entries(office, citizen)
            if wanted(found):
                return found
            await written.wait()


async def soon(condition: Callable[[], object]) -> None:
    """Return once something is so of which nothing tells, such as a bridge's health."""
    async with asyncio.timeout(20):
        while True:
            if condition():
                return
            await asyncio.sleep(0.005)


def texts(records: list[Record], *kinds: What) -> list[str]:
    """The texts of the messages among these entries, or of other kinds."""
    return [record.text for record in records if record.kind in (kinds or (What.MESSAGE,))]


def luca(key: str, message: str | None = None) -> Arrival:
    """Something that a colleague does elsewhere than on Slack."""
    return Arrival("desk", key, "desk", LUCA, message)


async def next_answer(stream: Stream) -> dict[str, Any]:
    """The data of the next thing that an operator sent."""
    while True:
        event = await stream.next("message", "file")
        if event.data["author"] == "operator":
            return event.data


async def send_file(citizen: Citizen) -> None:
    """The citizen sends a file."""
    answer = await citizen.call(
        "POST", "/files", data={"client_id": "f" * 16}, files={"file": ("foto del modulo.pdf", PDF)}
    )
    assert answer.status_code == 201, answer.text
