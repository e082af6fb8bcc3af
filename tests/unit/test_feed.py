"""What other hubs write reaches a hub from the record once, also what appears late, but for what it has heard of."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from types import SimpleNamespace

import pytest
import pytest_asyncio
from sqlalchemy import Engine, event, insert

from models import feed as module
from models.engine import reader_engine, writer_engine
from models.feed import Feed
from models.migrate import migrate
from models.tables import Author, Conversation, Entry, What


class Record:
    """A record in which rows appear under the numbers that a test gives them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def commit(self, *numbers: int) -> None:
        """Entries of these numbers are there from now on; each has its number for its ``seq``."""
        await asyncio.to_thread(self._commit, numbers)

    def _commit(self, numbers: tuple[int, ...]) -> None:
        of_all = {
            "conversation_id": "c",
            "kind": What.MESSAGE,
            "origin": "visitor",
            "author": Author.VISITOR,
            "data": {},
        }
        rows = [of_all | {"id": number, "seq": number, "origin_key": str(number)} for number in numbers]
        with self._engine.begin() as connection:
            connection.execute(insert(Entry), rows)


@pytest_asyncio.fixture(name="record")
async def record_fixture(tmp_path: Path) -> AsyncIterator[Record]:
    """A record with one conversation, and an entry of old."""

    def prepare() -> Engine:
        engine = writer_engine(f"sqlite:///{tmp_path}/linea.db")
        migrate(engine)
        with engine.begin() as connection:
            connection.execute(insert(Conversation), [{"id": "c"}])
        return engine

    engine = await asyncio.to_thread(prepare)
    record = Record(engine)
    await record.commit(100)
    yield record
    engine.dispose()


@pytest_asyncio.fixture(name="feed")
async def feed_fixture(record: Record, tmp_path: Path) -> AsyncIterator[Feed]:
    """A hub's feed that has begun."""
    engine = await asyncio.to_thread(reader_engine, f"sqlite:///{tmp_path}/linea.db")
    feed = Feed(engine)
    assert await feed.read() == []
    yield feed
    await engine.dispose()


async def given(feed: Feed) -> list[int]:
    """The numbers of what a read gives."""
    return [head.seq for head in await feed.read()]


async def test_what_was_written_is_given_once_in_order(record: Record, feed: Feed) -> None:
    await record.commit(101, 102)
    assert await given(feed) == [101, 102]
    assert await given(feed) == []
    await record.commit(103)
    assert await given(feed) == [103]


async def test_what_is_committed_late_under_a_lower_number_is_given_then(record: Record, feed: Feed) -> None:
    await record.commit(103, 105)
    assert await given(feed) == [103, 105]
    await record.commit(104, 106)
    assert await given(feed) == [104, 106]
    await record.commit(101)
    assert await given(feed) == [101]
    assert await given(feed) == []


async def test_what_was_missing_when_it_was_asked_for_is_asked_for_again_however_long_the_hub_stood_still(
    record: Record, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SimpleNamespace(now=0.0, after_query=0.0, monotonic=lambda: clock.now)
    monkeypatch.setattr(module, "time", clock)

    @event.listens_for(feed._engine.sync_engine, "after_cursor_execute")
    def stands_still(*_: object) -> None:
        clock.now = clock.after_query

    await record.commit(102)
    assert await given(feed) == [102]
    clock.now, clock.after_query = module._LATEST - 1, module._LATEST + 9
    assert await given(feed) == []
    await record.commit(101)
    assert await given(feed) == [101]


async def test_what_a_hub_has_heard_of_is_not_given(record: Record, feed: Feed) -> None:
    await record.commit(101, 102, 103, 104)
    feed.knows([101, 103])
    assert await given(feed) == [102, 104]
    await record.commit(106)
    feed.knows([106])
    assert await given(feed) == []
    await record.commit(105)
    assert await given(feed) == [105]


async def test_what_it_hears_of_late_is_not_given_again(record: Record, feed: Feed) -> None:
    await record.commit(101, 103)
    assert await given(feed) == [101, 103]
    feed.knows([101, 103])
    await record.commit(102, 104)
    feed.knows([102])
    assert await given(feed) == [104]


async def test_what_it_hears_of_first_after_it_stood_still_hides_nothing_between(
    record: Record, feed: Feed
) -> None:
    last = 101 + 3 * module._MOST_MISSING
    await record.commit(101, 102, last)
    feed.knows([last])
    assert await given(feed) == [101, 102]
    await record.commit(last + 1)
    assert await given(feed) == [last + 1]


async def test_more_than_fits_one_read_is_given_with_the_next(record: Record, feed: Feed) -> None:
    numbers = list(range(101, 101 + module._MOST + 5))
    await record.commit(*numbers)
    first = await given(feed)
    assert feed.has_more
    assert first + await given(feed) == numbers
    assert not feed.has_more


async def test_nothing_is_lost_or_given_twice_however_it_is_heard_of(record: Record, feed: Feed) -> None:
    luck = random.Random(6)
    numbers = [number for number in range(101, 400) if luck.random() < 0.9]
    heard = {number for number in numbers if luck.random() < 0.5}
    waiting, seen = numbers[:], list[int]()
    while waiting:
        some = [number for number in waiting[:20] if luck.random() < 0.6]
        waiting = [number for number in waiting if number not in some]
        if some:
            await record.commit(*some)
        reading = asyncio.create_task(given(feed))
        for _ in range(luck.randrange(12)):  # heard of before, while or after it is read
            await asyncio.sleep(0)
        feed.knows(_in_any_order(luck, heard.intersection(some)))
        seen += await reading
    seen += await given(feed)
    assert len(seen) == len(set(seen))
    assert set(numbers) - heard <= set(seen) <= set(numbers)


def _in_any_order(luck: random.Random, numbers: Iterable[int]) -> list[int]:
    ordered = sorted(numbers)
    return luck.sample(ordered, len(ordered))
