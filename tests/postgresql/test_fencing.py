"""Who led and does so no more sends nothing, however it comes to know: seen at the very points where it could."""

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
import pytest_asyncio

from models.hubs import Hubs
from models.journal import Transaction
from models.term import Deposed, Numbered
from routing.bridge import Place, Post, Progress
from routing.errors import TryLater
from tests.citizen import Citizen
from tests.platforms.slack import SlackStandIn
from tests.postgres import PostgreSQL, postgresql
from tests.region import PATIENCE, region_of
from tests.simulation import Simulation
from tests.slack_office import slack_fixture

__all__ = ["slack_fixture"]


THREE_PARTS = "x" * 6_000


@pytest.fixture(scope="module", name="server")
def server_fixture() -> Iterator[PostgreSQL]:
    """A PostgreSQL of these tests' own."""
    with postgresql() as server:
        yield server


class Two:
    """Two hubs in one process: the first one leads, and its outbox is the simulation's."""

    def __init__(self, folder: Path, url: str) -> None:
        self.office = Simulation(folder, url=url)
        self.first, self.second = (Hubs(url, "all", "", None, me=name) for name in ("first", "second"))

    async def begin(self) -> Numbered:
        """The first one leads; its term."""
        term = await self.first.try_to_lead()
        assert term is not None
        # Whatever becomes of it: it is to be stopped by the number, not by its own doubts.
        term.renewed(time.monotonic() + 600)
        self.office.term = term
        await self.office.start()
        await self.office.opens("c")
        return term

    async def follow(self) -> Numbered:
        """PostgreSQL ends the first one's session, of which that knows nothing, and the second one leads."""
        await self.first.resign()
        term = await self.second.try_to_lead()
        assert term is not None
        return term


@contextlib.asynccontextmanager
async def beside(two: Two, term: Numbered, folder: Path, server: PostgreSQL) -> AsyncIterator[Simulation]:
    """The outbox of the hub that follows, with the same platform and clock, while the first one is there, too."""
    url = server.database_for(folder)
    following = await asyncio.to_thread(lambda: Simulation(folder, url=url))
    following.clock, following.platform = two.office.clock, two.office.platform
    following.keys = two.office.keys
    following.term = term
    await following.start()
    try:
        yield following
    finally:
        await following.end()


@pytest_asyncio.fixture(name="two")
async def two_fixture(server: PostgreSQL, tmp_path: Path) -> AsyncIterator[Two]:
    """Two hubs on a database of their own."""
    two = await asyncio.to_thread(lambda: Two(tmp_path, server.database_for(tmp_path)))
    yield two
    await two.office.end()
    await two.first.close()
    await two.second.close()


async def test_a_leader_that_was_replaced_without_knowing_sends_nothing(two: Two) -> None:
    term, office = await two.begin(), two.office
    await office.writes("c", "while it led")
    await office.all_done()
    following = await two.follow()
    await office.writes("c", "while another one leads")
    await office.passes(5)
    assert term.is_fresh()
    assert [message.text for message in office.platform.messages] == ["while it led"]
    office.term = following
    await office.restart()
    await office.all_done()
    assert [message.text for message in office.platform.messages] == [
        "while it led",
        "while another one leads",
    ]


async def test_nobody_follows_on_a_leader_in_the_midst_of_its_change(
    two: Two, server: PostgreSQL, tmp_path: Path
) -> None:
    term = await two.begin()
    reached, goes_on = threading.Event(), threading.Event()

    def change(tx: Transaction) -> None:
        term.check(tx)
        reached.set()
        assert goes_on.wait(PATIENCE)

    changing = asyncio.create_task(two.office.journal.run(change))
    await asyncio.to_thread(reached.wait, PATIENCE)
    await two.first.resign()
    following = asyncio.create_task(two.second.try_to_lead())
    waiting = asyncio.create_task(asyncio.to_thread(server.wait_for_waiting, tmp_path))
    await asyncio.wait({following, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waits = not following.done()
    goes_on.set()
    assert waits
    await waiting
    await changing
    found = await following
    assert found is not None
    assert found.number == term.number + 1
    with pytest.raises(Deposed):
        await two.office.journal.run(term.check)


class Held:
    """A leader's ``Progress``, which hears only at ``goes_on`` of a thread that was opened: it stood still."""

    def __init__(self, office: Simulation) -> None:
        self.reached, self.goes_on = asyncio.Event(), asyncio.Event()
        self._show = office.bridge._show
        office.bridge._show = self._held  # type: ignore[method-assign]

    async def _held(self, post: Post, progress: Progress) -> None:
        self._progress = progress
        await self._show(post, self)

    def may_call(self) -> None:
        """As the leader is told."""
        self._progress.may_call()

    async def opened(self, place: Place, message: str | None = None) -> None:
        """A thread was opened, which is not written down yet."""
        self.reached.set()
        await self.goes_on.wait()
        await self._progress.opened(place, message)

    async def posted(self, chat: str, message: str) -> None:
        """A further part is there."""
        await self._progress.posted(chat, message)


async def test_a_replaced_leader_that_hears_late_of_its_post_changes_nothing_and_posts_no_more(
    two: Two, server: PostgreSQL, tmp_path: Path
) -> None:
    await two.begin()
    office, platform = two.office, two.office.platform
    platform.can_be_asked = False  # like Telegram: what may be there is sent again
    held = Held(office)
    await office.writes("c", THREE_PARTS)
    await asyncio.wait_for(held.reached.wait(), PATIENCE)
    async with beside(two, await two.follow(), tmp_path, server) as following:
        await following.until(lambda: len(platform.messages) == 4)
        await following.all_done()
        first, *again = platform.messages
        assert {message.thread for message in again} == {again[0].thread} != {first.thread}
        held.goes_on.set()
        await office.until(lambda: not office.outbox._calling)
        await following.writes("c", "further")
        await following.all_done()
        further = platform.messages[-1]
        assert platform.messages == [first, *again, further]
        assert further.thread == again[0].thread
        # What operators write below the first one is of this conversation, and what is changed is changed in the
        # leader's thread.
        assert await following.store.former_thread_at("memory", "town", first.thread) is not None
        shown = await following.store.remote_messages("c", 1, "memory")
        assert [row.message for row in shown] == [message.number for message in [*again, first]]


async def test_what_a_replaced_leader_has_posted_is_not_posted_again(
    two: Two, server: PostgreSQL, tmp_path: Path
) -> None:
    await two.begin()
    office, platform = two.office, two.office.platform
    platform.can_be_asked = False
    held = Held(office)
    await office.writes("c", THREE_PARTS)
    await asyncio.wait_for(held.reached.wait(), PATIENCE)
    term = await two.follow()
    held.goes_on.set()
    await office.until(lambda: not office.outbox._calling)
    assert [message.part for message in platform.messages] == [0]
    async with beside(two, term, tmp_path, server) as following:
        await following.all_done()
    assert [message.part for message in platform.messages] == [0, 1, 2]
    assert len({message.thread for message in platform.messages}) == 1


async def test_a_leader_that_stood_still_right_before_its_call_does_not_make_it_any_more(
    tmp_path: Path, server: PostgreSQL, slack: SlackStandIn
) -> None:
    async with region_of(tmp_path, server, None, ("all", "all"), slack=slack) as region:
        leader = await region.leader()
        (other,) = region.standbys(leader)
        await slack.wait_for(lambda: slack.connected == 1, PATIENCE)
        async with Citizen(other.url) as citizen:
            assert (await citizen.start("Buongiorno")).status_code == 201
            (root,) = await slack.wait_for(slack.messages, PATIENCE)
            with server.holding_up(tmp_path, "UPDATE", "delivery", "NEW.state = 'sending'"):
                assert (await citizen.say("Ci siete?")).status_code == 201
                await asyncio.to_thread(server.wait_for_waiting, tmp_path)
                leader.freeze()  # all that it has still to hear is that this is on disk: then it would call
        assert await region.leader(without=leader) is other
        await slack.wait_for(lambda: len(slack.thread(root.ts)) > 1, PATIENCE)
        before = len(leader.errors)
        leader.thaw()
        await leader.logged("follows on it if need be", after=before)  # and has stopped sending for good
        assert len(slack.thread(root.ts)) == 2


async def test_a_message_that_another_session_holds_is_left_to_it_and_keeps_no_other_waiting(
    two: Two,
) -> None:
    await two.begin()
    office = two.office
    office.platform.away = TryLater("unreachable")
    await office.writes("c", "held")
    await office.until(lambda: office.platform.calls == 1)
    await office.opens("d")
    with psycopg.connect(office.url) as another:
        another.execute("SELECT id FROM delivery FOR UPDATE")
        office.platform.away = None
        office.outbox.retry_soon()
        async with asyncio.timeout(PATIENCE):
            await office.writes("d", "free")
            await office.until(lambda: bool(office.platform.thread_of("d")))
            await office.passes(60)
        assert office.platform.thread_of("c") == []
    await office.all_done()
    assert [message.text for message in office.platform.thread_of("c")] == ["held"]
