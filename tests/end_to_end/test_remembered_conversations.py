"""What a hub has read of a conversation it keeps at hand, unless that changed while it was being read."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from models.errors import StorageError
from models.journal import Transaction
from models.tables import Conversation
from routing.hub import Hub
from tests.hub import hub_at

IDS = [f"c{n}" for n in range(8)]


class Reads:
    """The hub's reads of conversations, counted; none ends before it may."""

    def __init__(self, hub: Hub) -> None:
        self._read = hub.store.conversation
        self.count = 0
        self.may_end = asyncio.Event()

    async def conversation(self, conversation_id: str) -> Conversation | None:
        """As the store's own."""
        self.count += 1
        row = await self._read(conversation_id)
        await self.may_end.wait()
        return row


@pytest_asyncio.fixture(name="hub")
async def hub_fixture(tmp_path: Path) -> AsyncIterator[Hub]:
    """A hub with conversations of which it knows nothing."""

    def work(tx: Transaction) -> None:
        tx.session.add_all([Conversation(id=conversation) for conversation in IDS])

    async with hub_at(tmp_path) as office:
        await office.hub.journal.run(work)
        yield office.hub


@pytest.fixture(name="reads")
def reads_fixture(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> Reads:
    """Its reads."""
    reads = Reads(hub)
    monkeypatch.setattr(hub.store, "conversation", reads.conversation)
    return reads


async def test_conversations_that_are_read_at_the_same_time_are_all_kept(hub: Hub, reads: Reads) -> None:
    reading = [asyncio.create_task(hub.conversation(conversation)) for conversation in IDS]
    while reads.count < len(IDS):  # noqa: ASYNC110 - nothing tells of it
        await asyncio.sleep(0)
    hub.forget("another")
    reads.may_end.set()
    await asyncio.gather(*reading)
    assert [await hub.conversation(conversation) is not None for conversation in IDS] == [True] * len(IDS)
    assert reads.count == len(IDS)


async def test_one_that_many_ask_for_at_once_is_read_once_even_if_the_first_of_them_leaves(
    hub: Hub, reads: Reads
) -> None:
    asking = []
    for _ in range(8):
        asking.append(asyncio.create_task(hub.conversation("c0")))
        while not reads.count:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0)
    asking[0].cancel()
    await asyncio.wait(asking[:1])
    reads.may_end.set()
    found = await asyncio.gather(*asking[1:])
    assert [info.id for info in found if info is not None] == ["c0"] * 7
    assert reads.count == 1


async def test_a_read_that_fails_is_told_to_all_who_wait_and_tried_again_for_the_next(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, failures = hub.store.conversation, iter([StorageError("the disk is gone")])

    async def fails_once(conversation_id: str) -> Conversation | None:
        await asyncio.sleep(0)
        for failure in failures:
            raise failure
        return await read(conversation_id)

    monkeypatch.setattr(hub.store, "conversation", fails_once)
    found = await asyncio.gather(hub.conversation("c0"), hub.conversation("c0"), return_exceptions=True)
    assert [type(one) for one in found] == [StorageError, StorageError]
    assert await hub.conversation("c0") is not None


@pytest.mark.parametrize("everything", [False, True])
async def test_one_that_changed_while_it_was_read_is_read_again(
    hub: Hub, reads: Reads, everything: bool
) -> None:
    reading = asyncio.create_task(hub.conversation("c0"))
    while not reads.count:  # noqa: ASYNC110 - nothing tells of it
        await asyncio.sleep(0)
    if everything:
        hub.forget_all()
    else:
        hub.forget("c0")
    reads.may_end.set()
    assert await reading is not None
    await hub.conversation("c0")
    assert reads.count == 2
    await hub.conversation("c0")
    assert reads.count == 2
