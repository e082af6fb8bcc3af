"""A closed conversation opens again with whatever the citizen sends, also where the two cross on the way."""

import asyncio

from models.tables import State, What
from routing.changes import new_id
from tests.citizen import Citizen
from tests.hub import RunningHub
from tests.visitors import PDF, maria_fixture, office_fixture

__all__ = ["maria_fixture", "office_fixture"]


async def kinds(office: RunningHub, citizen: Citizen) -> list[str]:
    """What is on record of the conversation."""
    return [entry.kind for entry in await office.hub.store.entries(citizen.id)]


async def state(office: RunningHub, citizen: Citizen) -> str:
    """The conversation's state on disk."""
    row = await office.hub.store.conversation(citizen.id)
    assert row is not None
    return row.state


async def test_a_file_opens_a_closed_conversation_again(office: RunningHub, maria: Citizen) -> None:
    await maria.call("POST", "/close")
    sent = {"files": {"file": ("modulo.pdf", PDF)}, "data": {"client_id": "modulo"}}
    assert (await maria.call("POST", "/files", **sent)).status_code == 201
    assert await kinds(office, maria) == [What.MESSAGE, What.CLOSED, What.REOPENED, What.FILE]
    assert await state(office, maria) == State.WAITING

    await maria.call("POST", "/close")
    assert (await maria.call("POST", "/files", **sent)).status_code == 200
    assert await state(office, maria) == State.CLOSED, "a repeated file opens nothing"


async def test_a_message_that_crosses_the_close_opens_the_conversation_again(
    office: RunningHub, maria: Citizen
) -> None:
    info = await office.hub.conversation(maria.id)
    assert info is not None
    # Both know the conversation as open; the close is first in the writer's queue.
    await asyncio.gather(
        office.hub.visitor_closed(info), office.hub.visitor_wrote(info, new_id(), "Ancora una")
    )
    assert await kinds(office, maria) == [What.MESSAGE, What.CLOSED, What.MESSAGE, What.REOPENED]
    assert await state(office, maria) == State.WAITING
    again = await office.hub.conversation(maria.id)
    assert again is not None
    assert again.state == State.WAITING


async def test_a_close_that_comes_after_the_message_it_crosses_stays(
    office: RunningHub, maria: Citizen
) -> None:
    info = await office.hub.conversation(maria.id)
    assert info is not None
    await asyncio.gather(office.hub.visitor_wrote(info, new_id(), "Grazie"), office.hub.visitor_closed(info))
    assert await kinds(office, maria) == [What.MESSAGE, What.MESSAGE, What.CLOSED]
    assert await state(office, maria) == State.CLOSED
