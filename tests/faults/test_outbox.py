"""The outbox under attack, in simulated time: no chat behind another, pauses kept, nothing twice after a fault."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from models.tables import DeliveryState, What
from routing.bridge import Post, Progress
from routing.errors import TryLater, Unforeseen
from routing.outbox import LANES
from tests.simulation import Simulation, lost_reply


@pytest_asyncio.fixture(name="office")
async def office_fixture(tmp_path: Path) -> AsyncIterator[Simulation]:
    simulation = await asyncio.to_thread(Simulation, tmp_path)
    await simulation.start()
    yield simulation
    await simulation.end()


def said(office: Simulation, conversation: str) -> list[str]:
    """The lines that stand in a conversation's thread."""
    return [line for message in office.platform.thread_of(conversation) for line in message.text.split("\n")]


async def test_a_chat_with_a_hundred_conversations_waiting_does_not_hold_up_another(
    office: Simulation,
) -> None:
    for number in range(100):
        await office.opens(f"town{number}")
        await office.writes(f"town{number}", "hello")
    await office.until(lambda: len(office.platform.messages) == 4)
    await office.opens("late", "registry")
    await office.writes("late", "good morning")
    before = office.clock.passed
    await office.until(lambda: said(office, "late") == ["good morning"])
    assert office.clock.passed == before
    assert len(office.platform.times["town"]) < 10


async def test_conversations_take_turns_the_longest_waiting_first(office: Simulation) -> None:
    for number in range(30):
        await office.opens(f"c{number}")
        await office.writes(f"c{number}", "first")
    for _ in range(5):  # these few never stop talking
        for number in range(8):
            await office.writes(f"c{number}", "more")
        await office.passes(1)
    await office.all_done()
    firsts = [m.entries[0][0] for m in office.platform.messages if m.entries[0][1] == 1]
    assert len(firsts) == 30
    for place, conversation in enumerate(firsts):  # those in the lanes at the same time may swap
        assert abs(place - int(conversation[1:])) < LANES


async def test_a_pause_that_the_platform_asked_for_is_kept_to_the_second(office: Simulation) -> None:
    await office.opens("c")
    office.platform.before.append(TryLater("slowly", 37))
    await office.writes("c", "hello")
    await office.until(lambda: office.platform.calls == 1)
    began = office.clock.passed
    office.outbox.retry_soon()  # the line came back meanwhile: no reason to disobey
    await office.opens("d")
    await office.writes("d", "another conversation in the same chat")
    await office.until(lambda: said(office, "c") == ["hello"])
    assert office.clock.passed - began == pytest.approx(37, abs=0.01)
    assert min(office.platform.times["town"]) - began == pytest.approx(37, abs=0.01)


async def test_a_pause_that_the_platform_asked_for_outlives_a_restart(office: Simulation) -> None:
    await office.opens("c")
    office.platform.before.append(TryLater("slowly", 60))
    await office.writes("c", "hello")
    await office.until(lambda: office.platform.calls == 1)
    await office.idle()
    began = office.clock.passed
    await office.passes(10)
    await office.restart()
    await office.opens("d")
    await office.writes("d", "there")
    await office.all_done()
    assert min(office.platform.times["town"]) - began == pytest.approx(60, abs=0.01)


@pytest.mark.parametrize("hours", [-30, 30])
async def test_a_clock_that_is_set_neither_stops_nor_hurries_deliveries(
    office: Simulation, hours: int
) -> None:
    await office.opens("c")
    office.platform.before.append(TryLater("slowly", 60))
    await office.writes("c", "hello")
    await office.until(lambda: office.platform.calls == 1)
    office.clock.set_forward = hours * 3_600_000
    await office.writes("c", "there")
    await office.all_done()
    assert office.clock.passed == pytest.approx(60, abs=2)
    await office.restart()
    office.clock.set_forward = 0
    await office.writes("c", "again")
    await office.until(lambda: "again" in said(office, "c"), seconds=70)


async def test_an_outage_is_watched_by_one_try_at_a_time(office: Simulation) -> None:
    office.platform.away = TryLater("unreachable")
    for number in range(200):
        await office.opens(f"c{number}")
        await office.writes(f"c{number}", "hello")
    await office.passes(600)
    assert office.platform.calls < 60  # two hundred conversations, each on its own, would make thousands
    office.platform.away = None
    before = office.clock.passed
    await office.until(lambda: bool(office.platform.messages))
    assert office.clock.passed - before <= 30
    await office.all_done()
    assert office.clock.passed - before < 30 + 200


async def test_a_conversation_that_cannot_be_shown_holds_up_no_other(office: Simulation) -> None:
    await office.opens("stuck")
    await office.writes("stuck", "x" * 20_000)
    office.platform.before += [TryLater("a file that is in the way")] * 3
    await office.until(lambda: office.platform.calls == 1)
    for number in range(5):
        await office.opens(f"c{number}")
        await office.writes(f"c{number}", "hello")
    await office.all_done()
    assert all(said(office, f"c{number}") == ["hello"] for number in range(5))


async def test_a_post_that_could_not_be_marked_as_sent_is_not_sent_again(office: Simulation) -> None:
    """The database fails between the platform's answer and our note of it; no crash, no restart."""
    await office.opens("c")
    await office.writes("c", "hello")
    async with StorageFails(office) as storage:
        await office.until(lambda: bool(office.platform.messages))
        await storage.fails_now()
        await office.passes(1)
    await office.all_done()
    assert said(office, "c") == ["hello"]


class StorageFails:
    """The journal's disk refuses everything from when it is told to, until the end of the block."""

    def __init__(self, office: Simulation) -> None:
        self._office = office

    async def __aenter__(self) -> "StorageFails":
        show = self._office.bridge._show

        async def slowly(*arguments: Any) -> None:
            await show(*arguments)
            await self._office.clock.sleep(0.5)

        self._office.bridge._show = slowly  # type: ignore[method-assign]
        return self

    async def fails_now(self) -> None:
        await asyncio.to_thread(self._pragma, "query_only = ON")

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self._pragma, "query_only = OFF")

    def _pragma(self, pragma: str) -> None:
        connection = self._office.journal._engine.raw_connection()
        connection.cursor().execute(f"PRAGMA {pragma}")
        connection.close()


async def test_a_poisonous_message_is_given_up_and_told_not_tried_for_ever(office: Simulation) -> None:
    await office.opens("c")
    office.platform.before += [Unforeseen("KeyError")] * 5
    await office.writes("c", "poison")
    await office.writes("c", "food")
    await office.all_done()
    assert said(office, "c") == ["food"]
    notices = [r.text for r in await office.store.entries("c") if r.kind == What.ANSWER]
    assert notices == ["KeyError"]
    assert office.settled[0] == ((1,), False)


async def test_one_refused_message_does_not_take_those_joined_to_it_along(office: Simulation) -> None:
    office.platform.away = TryLater("unreachable")
    office.platform.refuses.add("rude")
    await office.opens("c")
    for line in ("good morning", "rude", "good evening"):
        await office.writes("c", line)
    await office.passes(20)
    office.platform.away = None
    await office.all_done()
    assert said(office, "c") == ["good morning", "good evening"]
    states = await office.store.delivery_counts()
    assert states == {("memory", DeliveryState.FAILED): 1}


async def test_messages_of_a_backlog_go_as_one_post_in_order(office: Simulation) -> None:
    office.platform.away = TryLater("unreachable")
    await office.opens("c")
    for number in range(12):
        await office.writes("c", f"line {number}")
    await office.passes(20)
    office.platform.away = None
    await office.all_done()
    assert said(office, "c") == [f"line {number}" for number in range(12)]
    assert len(office.platform.messages) == 1


async def test_a_joined_post_whose_answer_was_lost_is_found_as_a_whole(office: Simulation) -> None:
    office.platform.away = TryLater("unreachable")
    await office.opens("c")
    await office.writes("c", "one")
    await office.writes("c", "two")
    await office.passes(20)
    office.platform.away = None
    office.platform.after.append(lost_reply())
    await office.until(lambda: bool(office.platform.messages))
    await office.writes("c", "three")
    await office.all_done()
    assert said(office, "c") == ["one", "two", "three"]


async def test_a_thread_deleted_between_two_parts_of_a_post_is_begun_anew_whole(office: Simulation) -> None:
    """… also when the program dies between the two parts of the second try."""
    await office.opens("c")
    await office.writes("c", "root")
    await office.all_done()
    office.journal.left = 3  # the entry, the mark "sending" and the first part; then the power goes
    await office.writes("c", "a" * 2_900 + "b" * 10)
    await office.until(lambda: len(office.platform.messages) == 3)
    await office.restart()
    office.platform.delete_thread("c")
    office.journal.left = 5
    await office.until(lambda: len(office.platform.messages) >= 5)
    await office.restart()
    await office.all_done()
    assert said(office, "c") == ["a" * 2_900, "b" * 10]


async def test_a_conversation_erased_while_it_is_being_shown_leaves_nothing_behind(
    office: Simulation,
) -> None:
    await office.opens("c")

    def erase(tx: Any) -> None:
        tx.session.execute(text("delete from delivery"))
        tx.session.execute(text("delete from conversation"))

    show = office.bridge._show

    async def erased_meanwhile(post: Post, progress: Progress) -> None:
        if post.conversation.id == "c":
            await office.journal.run(erase)
        await show(post, progress)

    office.bridge._show = erased_meanwhile  # type: ignore[method-assign]
    await office.writes("c", "hello")
    await office.until(lambda: bool(office.platform.messages))
    await office.all_done()
    assert await office.store.thread("c", "memory") is None
    assert [message.gone for message in office.platform.messages] == [True]


async def test_a_message_that_is_given_the_number_of_an_erased_one_is_sent_all_the_same(
    office: Simulation,
) -> None:
    def erase(tx: Any) -> None:
        tx.session.execute(text("delete from delivery"))
        tx.session.execute(text("delete from conversation"))

    await office.opens("c")
    show = office.bridge._show

    async def erased_and_followed(post: Post, progress: Progress) -> None:
        office.bridge._show = show  # type: ignore[method-assign]
        await show(post, progress)
        await office.journal.run(erase)
        await office.opens("d")
        await office.writes("d", "hello again")

    office.bridge._show = erased_and_followed  # type: ignore[method-assign]
    await office.writes("c", "hello")
    await office.until(lambda: said(office, "d") == ["hello again"])


async def test_what_has_no_place_any_more_is_given_up_and_told(office: Simulation) -> None:
    office.chats.clear()
    await office.opens("c")
    await office.writes("c", "hello")
    await office.all_done()
    assert [r.kind for r in await office.store.entries("c")] == [What.MESSAGE, What.ANSWER]


class Looks:
    """Looks through what waits take as long as where 100,000 do, and are counted."""

    TAKEN = 0.06
    """Seconds, on a small machine."""

    def __init__(self, office: Simulation, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self._office = office
        self._look = office.store.next_deliveries
        monkeypatch.setattr(office.store, "next_deliveries", self._slowly)

    async def _slowly(self, *asked: Any) -> Any:
        self.count += 1
        self._office.clock.passed += self.TAKEN
        return await self._look(*asked)


async def test_a_great_backlog_is_looked_through_seldom_and_sent_no_slower(
    office: Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("routing.outbox._GREAT", 500)
    looks = Looks(office, monkeypatch)
    conversations = [f"c{number}" for number in range(40)]
    for conversation in conversations:
        await office.opens(conversation)
    lines = "a line as a citizen writes it, as long as that" * 4
    await asyncio.gather(*(office.writes(name, lines) for name in conversations for _ in range(25)))
    began, looks.count = office.clock.passed, 0
    posts = len(office.platform.messages)
    await office.passes(60)
    passed = office.clock.passed - began
    assert looks.count * Looks.TAKEN < 0.04 * passed
    assert len(office.platform.messages) - posts > 0.9 * passed


async def test_a_platform_that_is_back_is_tried_at_once_whatever_waits(
    office: Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("routing.outbox._GREAT", 1)
    office.platform.away = TryLater("unreachable")
    await office.opens("c")
    Looks(office, monkeypatch)
    await office.writes("c", "hello")
    await office.until(lambda: office.platform.calls == 1)
    office.platform.away = None
    before = office.clock.passed
    office.outbox.retry_soon()
    await office.until(lambda: said(office, "c") == ["hello"])
    assert office.clock.passed - before < 0.5
