"""Journal and outbox against a simple model: whatever order things break in, each message is there once, in order.

Hypothesis makes up stories: citizens write, change and take back messages; the platform is away, asks for pauses,
loses answers, its threads are deleted; the machine loses power between any two writes. In the end all is well
again, and the threads must say what the model says.
"""

import asyncio
import os
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from models.engine import writer_engine
from models.migrate import migrate
from models.tables import DeliveryState, What
from routing.errors import TryLater
from tests.simulation import Simulation, lost_reply

LONG = os.environ.get("LINEA_LONG_TESTS") == "1"
FAST = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - a disk in memory, where there is one
STUCK = 900.0
"""Seconds after which a step hangs, however busy the machine is: how much it may do is bounded in simulated time."""
CONVERSATIONS = ("a", "b", "c")

conversations = st.sampled_from(CONVERSATIONS)
seconds = st.sampled_from([0.0, 0.1, 1.0, 5.0, 40.0])


class Delivery(RuleBasedStateMachine):
    """The story; ``written`` is the model: a conversation's messages by number, None once taken back."""

    can_be_asked = True
    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory(dir=FAST)
        self.office = Simulation(Path(self.folder.name), self.template, can_be_asked=self.can_be_asked)
        self.written: dict[str, dict[int, str | None]] = {name: {} for name in CONVERSATIONS}
        self.refused: set[str] = set()
        self.begun_anew: set[str] = set()
        self.count = 0

    def run(self, awaited: Any) -> Any:
        return self.loop.run_until_complete(asyncio.wait_for(awaited, STUCK))

    @initialize()
    def begins(self) -> None:
        self.run(self.office.start())
        for name in CONVERSATIONS:
            self.run(self.office.opens(name, "registry" if name == "c" else None))

    def teardown(self) -> None:
        try:
            if hasattr(self.office, "journal"):
                self.all_is_well_in_the_end()
        finally:
            if hasattr(self.office, "journal"):
                self.run(self.office.end())
            self.loop.close()
            self.folder.cleanup()

    # What people do

    @rule(
        name=conversations,
        size=st.sampled_from([5, 30, 1_200, 3_000, 6_000]),
        rude=st.sampled_from([False] * 9 + [True]),
    )
    def a_citizen_writes(self, name: str, size: int, rude: bool) -> None:
        self.count += 1
        text = f"{self.count:04d}" + "x" * (size - 4)
        if rude:
            self.refused.add(text)
            self.office.platform.refuses.add(text)
        seq = self.run(self.office.writes(name, text))
        self.written[name][seq] = text

    @precondition(lambda self: any(self.changeable(name) for name in CONVERSATIONS))
    @rule(data=st.data(), removed=st.booleans())
    def a_message_is_changed_or_taken_back(self, data: st.DataObject, removed: bool) -> None:
        name = data.draw(st.sampled_from([name for name in CONVERSATIONS if self.changeable(name)]))
        seq = data.draw(st.sampled_from(self.changeable(name)))
        if removed:
            self.run(self.office.writes(name, "", What.DELETED, seq))
            self.written[name][seq] = None
        else:
            self.count += 1
            text = f"{self.count:04d}changed"
            self.run(self.office.writes(name, text, What.EDITED, seq))
            self.written[name][seq] = text

    def changeable(self, name: str) -> list[int]:
        """Messages of one part in threads that nobody deletes: what becomes of others is the bridges' business."""
        if name in self.begun_anew:
            return []
        return [
            seq
            for seq, text in self.written[name].items()
            if text is not None and len(text) <= 30 and text not in self.refused
        ]

    # What goes wrong

    @rule(wait=st.sampled_from([None, None, 2.0, 30.0]))
    def the_next_call_is_put_off(self, wait: float | None) -> None:
        self.office.platform.before.append(TryLater("not now", wait))

    @rule()
    def the_next_answer_is_lost(self) -> None:
        self.office.platform.after.append(lost_reply())

    @rule()
    def the_platform_goes_away(self) -> None:
        self.office.platform.away = TryLater("unreachable")

    @rule()
    def the_platform_comes_back(self) -> None:
        self.office.platform.away = None
        self.office.outbox.retry_soon()

    @precondition(lambda self: any(not any_changes(self, name) for name in CONVERSATIONS))
    @rule(data=st.data())
    def a_thread_is_deleted(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from([name for name in CONVERSATIONS if not any_changes(self, name)]))
        self.run(self.office.idle())
        self.begun_anew.add(name)
        gone = {seq for message in self.office.platform.thread_of(name) for _, seq in message.entries}
        self.office.platform.delete_thread(name)
        done = self.run(self.office.store.delivery_states(name))
        for seq in gone:
            if DeliveryState.SENT in done[seq]:  # it was seen; it is not shown again
                del self.written[name][seq]

    @rule(writes=st.integers(0, 7), seconds=seconds)
    def the_power_fails_after_some_writes(self, writes: int, seconds: float) -> None:
        self.office.journal.left = writes
        self.run(self.office.passes(seconds))
        self.run(self.office.restart())

    @rule(seconds=seconds)
    def time_passes(self, seconds: float) -> None:
        self.run(self.office.passes(seconds))

    # What must be so

    def all_is_well_in_the_end(self) -> None:
        platform = self.office.platform
        platform.away = None
        platform.before.clear()
        platform.after.clear()
        self.run(self.office.all_done())
        for name in CONVERSATIONS:
            expected = [text for text in self.written[name].values() if text and text not in self.refused]
            shown = self.shown(name)
            if self.can_be_asked:
                assert shown == expected, (shown, expected)
            else:
                taken_back = {seq for seq, text in self.written[name].items() if text is None}
                assert once_unless_marked(self.office, name, taken_back) == expected
            entries = self.run(self.office.store.entries(name))
            told = [record for record in entries if record.kind == What.ANSWER]
            refused = [text for text in self.written[name].values() if text in self.refused]
            assert len(told) == len(refused)

    def shown(self, name: str) -> list[str]:
        """The messages of a thread, the parts of each put together again."""
        return pieced_together(self.office, name, marked=True)


def any_changes(machine: Delivery, name: str) -> bool:
    """Whether a message of the conversation was changed: those are not looked at in a new thread."""
    return any(text is None or "changed" in text for text in machine.written[name].values())


def pieced_together(office: Simulation, name: str, *, marked: bool) -> list[str]:
    found: list[str] = []
    for message in office.platform.thread_of(name):
        if message.marked and not marked:
            continue
        if message.part == 0:
            found += [line for line in message.text.split("\n") if line != "(deleted)"]
        else:
            found[-1] += message.text
    return found


def once_unless_marked(office: Simulation, name: str, taken_back: set[int]) -> list[str]:
    """What a person reads who passes over what is marked as maybe repeated and was there already.

    A part that is marked stands for the one of the same message and number before it, if that one came. Where a
    message came twice and was taken back, the copy stays whose number was lost with the answer.
    """
    copies = Counter(
        entry for message in office.platform.messages if message.part == 0 for entry in message.entries
    )
    left_over = {seq for seq in taken_back if copies[name, seq] > 1}
    seen: dict[tuple[int, int], str] = {}
    for message in office.platform.thread_of(name):
        lines = message.text.split("\n")
        if len(message.entries) == 1:
            which = (message.entries[0][1], message.part)
            assert message.marked or which not in seen, f"shown twice without a mark: {message}"
            seen[which] = message.text
        else:
            for (_, seq), line in zip(message.entries, lines, strict=True):
                assert message.marked or (seq, 0) not in seen, f"shown twice without a mark: {message}"
                seen[(seq, 0)] = line
    whole: dict[int, str] = {}
    for (seq, _), text in seen.items():
        whole[seq] = whole.get(seq, "") + text
    return [text for seq, text in whole.items() if text != "(deleted)" and seq not in left_over]


class DeliveryUnasked(Delivery):
    """The same on a platform that cannot be asked, as Telegram: repetitions are marked."""

    can_be_asked = False


@pytest.mark.parametrize("machine", [Delivery, DeliveryUnasked])
def test_each_message_is_there_once_and_in_order(machine: type[Delivery], tmp_path: Path) -> None:
    machine.template = tmp_path / "template.db"
    engine = writer_engine(f"sqlite:///{machine.template}")
    migrate(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
    engine.dispose()
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        machine,
        settings=settings(
            max_examples=400 if LONG else 20,
            stateful_step_count=30,
            deadline=None,
            print_blob=True,
            derandomize=not LONG,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        ),
    )
