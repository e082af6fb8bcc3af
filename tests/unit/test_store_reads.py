"""Reads that nobody waits for any more leave nothing behind that keeps the program from ending."""

import asyncio
from pathlib import Path

from models.engine import reader_engine, writer_engine
from models.migrate import migrate
from models.store import Store

READS = 60


async def test_reads_that_are_cancelled_again_and_again_leave_no_task_behind(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/linea.db"

    def prepare() -> Store:
        engine = writer_engine(url)
        migrate(engine)
        engine.dispose()
        return Store(reader_engine(url))

    store = await asyncio.to_thread(prepare)
    await store.ping()
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
