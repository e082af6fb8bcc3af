"""A citizen who waits is told their place in the line, and how long the first answer usually takes."""

import contextlib
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event

from models.journal import Transaction
from models.tables import Conversation
from routing.queue import FEWEST
from tests.citizen import Citizen
from tests.hub import RunningHub, hub_at
from tests.office import luca

DEPARTMENTS = [{"name": "Tributi"}, {"name": "Anagrafe"}]


async def answer(office: RunningHub, citizen: Citizen) -> None:
    """A colleague answers."""
    await office.hub.operator_wrote(luca(citizen.id), citizen.id, "Eccomi")


async def began_before(office: RunningHub, conversation_id: str, seconds: int) -> None:
    """It began so long before."""

    def work(tx: Transaction) -> None:
        row = tx.session.get(Conversation, conversation_id)
        assert row is not None
        row.created_at -= seconds * 1000

    await office.hub.journal.run(work)


async def test_each_is_told_their_place_and_each_change_of_it(tmp_path: Path) -> None:
    async with hub_at(tmp_path) as office, contextlib.AsyncExitStack() as stack:
        citizens = [await stack.enter_async_context(Citizen(office.url)) for _ in range(3)]
        for citizen in citizens:
            await citizen.start("Buongiorno")
        streams = [await stack.enter_async_context(citizen.listening(0)) for citizen in citizens]
        for position, stream in enumerate(streams, 1):
            while (await stream.next("queue")).data != {"position": position, "minutes": None}:
                pass
        await answer(office, citizens[1])
        assert (await streams[1].next("queue")).data == {"position": None, "minutes": None}
        assert (await streams[2].next("queue")).data["position"] == 2
        await citizens[0].call("POST", "/close")
        assert (await streams[2].next("queue")).data["position"] == 1


async def test_each_department_has_a_line_of_its_own(tmp_path: Path) -> None:
    async with (
        hub_at(tmp_path, departments=DEPARTMENTS) as office,
        Citizen(office.url) as ada,
        Citizen(office.url) as bea,
        Citizen(office.url) as cleo,
    ):
        await ada.start("IMU?", department="Tributi")
        await bea.start("Carta d'identità?", department="Anagrafe")
        await cleo.start("TARI?", department="Tributi")
        for citizen, position in ((ada, 1), (bea, 1), (cleo, 2)):
            async with citizen.listening(0) as stream:
                assert (await stream.next("queue")).data["position"] == position


async def test_who_left_contact_details_stands_in_nobodys_way(tmp_path: Path) -> None:
    async with hub_at(tmp_path) as office, Citizen(office.url) as ada, Citizen(office.url) as bea:
        await ada.start("Buongiorno")
        await bea.start("Buongiorno")
        body = {"client_id": "c", "name": "Ada", "phone": "0551234567", "consent": True}
        await ada.http.post("/api/callbacks", json=body | {"conversation": ada.id}, headers=ada.headers)
        async with bea.listening(0) as stream:
            assert (await stream.next("queue")).data["position"] == 1


async def test_the_usual_wait_is_told_from_enough_conversations_and_until_it_is_over(tmp_path: Path) -> None:
    async with hub_at(tmp_path) as office, Citizen(office.url) as maria:
        for _ in range(FEWEST):
            async with Citizen(office.url) as earlier:
                await earlier.start("Buongiorno")
                await answer(office, earlier)
                await began_before(office, earlier.id, seconds=90)
        await maria.start("Buongiorno")
        async with maria.listening(0) as stream:
            while (told := (await stream.next("queue")).data)["position"] is None:
                pass
            assert told == {"position": 1, "minutes": 2}
            office.clock.advance(timedelta(minutes=2))
            await office.hub.remind_of_waiting()
            assert (await stream.next("queue")).data == {"position": 1, "minutes": None}


async def test_many_streams_cost_no_more_questions_than_one(tmp_path: Path) -> None:
    async with hub_at(tmp_path) as office, Citizen(office.url) as maria, contextlib.AsyncExitStack() as stack:
        await maria.start("Buongiorno")
        async with maria.listening(0) as stream:
            await stream.next("queue")
        await office.hub.queue.of(maria.id)
        asked: list[str] = []
        engine = office.hub.store._engine.sync_engine

        def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
            if "blocked IS 0" in statement or "department IS NULL" in statement:
                asked.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        for _ in range(20):
            await (await stack.enter_async_context(maria.listening(0))).next("queue")
        assert asked == []
        await maria.call("POST", "/close")
        async with maria.listening(0) as stream:
            await stream.next("closed")
        assert len(asked) <= 1


@pytest.mark.parametrize("answered", [True, False])
async def test_an_answer_that_ends_brings_the_place_along(tmp_path: Path, answered: bool) -> None:
    async with hub_at(tmp_path) as office, Citizen(office.url) as maria:
        await maria.start("Buongiorno")
        if answered:
            await answer(office, maria)
        piece = await maria.call("GET", "/events?wait=0")
        assert ("event: queue" in piece.text) is not answered
