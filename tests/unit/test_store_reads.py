"""Reads that nobody waits for any more leave nothing behind that keeps the program from ending."""

import asyncio
from pathlib import Path

import pytest

from models.engine import reader_engine, writer_engine
from models.errors import StorageError
from models.migrate import migrate
from models.store import Store

READS = 60


async def opened(folder: Path) -> Store:
    """A new record's store, which has read something."""
    url = f"sqlite:///{folder}/linea.db"

    def prepare() -> Store:
        engine = writer_engine(url)
        migrate(engine)
        engine.dispose()
        return Store(reader_engine(url))

    store = await asyncio.to_thread(prepare)
    await store.ping()
    return store


async def test_reads_that_wait_for_their_turn_when_the_store_is_closed_are_refused(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    reading = [asyncio.create_task(store.conversation("nobody")) for _ in range(READS)]
    while not any(task.done() for task in reading):  # noqa: ASYNC110 - nothing tells of it
        await asyncio.sleep(0)
    await store.close()
    found = await asyncio.gather(*reading, return_exceptions=True)
    refused = [one for one in found if isinstance(one, StorageError)]
    assert refused
    assert found.count(None) + len(refused) == READS
    with pytest.raises(StorageError):
        await store.ping()


async def test_reads_that_are_cancelled_again_and_again_leave_no_task_behind(tmp_path: Path) -> None:
    store = await opened(tmp_path)
    before = asyncio.all_tasks()
    for turns in range(READS):  # at each of the steps that a read has
        reading = asyncio.create_task(store.conversation("nobody"))
        for _ in range(turns):
            await asyncio.sleep(0)
        while not reading.done():
            reading.cancel()
            await asyncio.sleep(0)
    await store.close()
    left = asyncio.all_tasks() - before
    if left:
        _, left = await asyncio.wait(left, timeout=10)
    assert not left
