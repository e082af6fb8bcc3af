"""The live stream of a conversation: what is framed, numbered and resumed as a phone with a bad network needs it."""

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from models.journal import Draft
from models.tables import Author, What
from routing.commands import Command
from tests.citizen import Citizen, Stream
from tests.hub import Clock, RunningHub, hub_at
from tests.visitors import ANNA, PDF, by_anna, maria_fixture, office_fixture
from web import api

__all__ = ["maria_fixture", "office_fixture"]

MORNINGS = {"mon": "08:30-13:00"}
SHOWN = ("message", "edited", "deleted", "file", "operator", "closed")
"""What has a number: beside it, that an operator has read a message may be told at any moment."""


async def frames(citizen: Citizen, count: int, **headers: str) -> list[str]:
    """The first frames of the stream, as they come over the wire."""
    url = f"/api/conversations/{citizen.id}/events"
    async with citizen.http.stream("GET", url, headers=citizen.headers | headers) as answer:
        text = ""
        async for piece in answer.aiter_text():
            text += piece
            if text.count("\n\n") >= count:
                break
    return text.split("\n\n")[:count]


async def numbers(stream: Stream, last: int) -> list[int]:
    """The numbers of the events up to ``last``."""
    found: list[int] = []
    while not found or found[-1] < last:
        event = await stream.next()
        if event.id is not None:
            found.append(event.id)
    return found


async def told_until(stream: Stream, text: str) -> list[str]:
    """The names of all numbered events up to the message with this text."""
    names = []
    while True:
        event = await stream.next()
        if event.id is not None:
            names.append(event.name)
        if event.data.get("text") == text:
            return names


class TestFraming:
    async def test_is_that_of_server_sent_events(self, maria: Citizen) -> None:
        url = f"/api/conversations/{maria.id}/events"
        async with maria.http.stream("GET", url, headers=maria.headers) as answer:
            assert answer.headers["Content-Type"].split(";")[0] == "text/event-stream"
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["X-Accel-Buffering"] == "no"
        comment, first = await frames(maria, 2)
        assert comment.startswith(":")
        number, name, data = first.split("\n")
        assert (number, name) == ("id: 1", "event: message")
        assert json.loads(data.removeprefix("data: "))["text"] == "Buongiorno"

    @pytest.mark.parametrize(
        "text", ["riga\ndue\r\ntre", "a\u2028b\u2029c\u0085d", "id: 9\n\nevent: closed", "è 😀"]
    )
    async def test_holds_whatever_is_written(self, maria: Citizen, text: str) -> None:
        await maria.say(text)
        async with maria.listening(last=1) as stream:
            event = await stream.next()
        assert (event.id, event.name) == (2, "message")
        assert event.data["text"] == text.replace("\r\n", "\n")

    async def test_a_comment_comes_while_nothing_happens(
        self, maria: Citizen, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert api.HEARTBEAT_SECONDS == 15
        monkeypatch.setattr(api, "HEARTBEAT_SECONDS", 0.01)
        seen = await frames(maria, 5, **{"Last-Event-ID": "1"})
        assert all(frame.startswith(":") for frame in seen if "event: queue" not in frame)


class TestEvents:
    async def test_tell_all_that_happens_in_the_words_of_the_contract(
        self, office: RunningHub, maria: Citizen
    ) -> None:
        hub = office.hub
        async with maria.listening() as stream:
            mine = (await stream.next()).data
            assert (mine["seq"], mine["author"], mine["name"]) == (1, "visitor", "Maria")
            assert datetime.fromisoformat(mine["created_at"]).tzinfo is not None

            await hub.operator_wrote(by_anna("1", "m1"), maria.id, "Buongiorno a lei")
            joined = await stream.next()
            assert (joined.name, joined.data["name"]) == ("operator", "Anna")
            reply = await stream.next()
            assert (reply.name, reply.data["author"], reply.data["name"]) == ("message", "operator", "Anna")
            assert reply.data["text"] == "Buongiorno a lei"

            await hub.operator_edited(by_anna("2", "m1"), "Buonasera")
            edited = (await stream.next()).data
            assert (edited["target"], edited["text"]) == (reply.id, "Buonasera")

            await hub.operator_deleted(by_anna("3", "m1"))
            deleted = await stream.next()
            assert (deleted.name, deleted.data["target"]) == ("deleted", reply.id)

            await maria.call("POST", "/files", data={"client_id": "f"}, files={"file": ("a.pdf", PDF)})
            file = await stream.next()
            assert (file.name, file.data["author"]) == ("file", "visitor")
            assert file.data["file"] == {
                "name": "a.pdf",
                "type": "application/pdf",
                "size": len(PDF),
                "url": f"/api/conversations/{maria.id}/files/{file.id}",
            }

            hub.operator_typing(maria.id, ANNA)
            typing = await stream.next()
            assert (typing.name, typing.id, typing.data) == ("typing", None, {"name": "Anna"})

            await hub.operator_commanded(by_anna("4"), maria.id, Command("close"))
            closed = await stream.next("closed")
            assert (closed.data["by"], closed.data["name"]) == ("operator", "Anna")

    async def test_tell_when_the_office_opens_and_closes(self, tmp_path: Path) -> None:
        clock = Clock(datetime(2026, 11, 23, 9, 0, tzinfo=UTC))
        async with hub_at(tmp_path, clock=clock, hours=MORNINGS) as office, Citizen(office.url) as citizen:
            await citizen.start("Buongiorno", lang="en")
            async with citizen.listening() as stream:
                await office.hub.operator_commanded(by_anna("off"), None, Command("offline"))
                status = await stream.next("status")
                assert status.data["open"] is False
                assert status.id is None
                await office.hub.operator_commanded(by_anna("on"), None, Command("online"))
                assert (await stream.next("status")).data["open"] is True

    async def test_of_what_is_internal_tell_nothing(self, office: RunningHub, maria: Citizen) -> None:
        info = await office.hub.conversation(maria.id)
        assert info is not None
        async with maria.listening(last=1) as stream:
            await maria.say("prima")
            await stream.next("message")  # what follows is told as it happens; below it is read back
            await office.hub.note(by_anna("n"), info, "nota")
            await maria.call("POST", "/rating", json={"score": 1})
            await office.hub.operator_commanded(by_anna("w"), maria.id, Command("who"))
            await maria.say("dopo")
            assert await told_until(stream, "dopo") == ["message"]
        async with maria.listening(last=2) as stream:
            assert await told_until(stream, "dopo") == ["message"]

    async def test_reach_two_open_pages_alike(self, maria: Citizen) -> None:
        async with maria.listening() as phone, maria.listening() as laptop:
            await asyncio.gather(*(maria.say(str(n)) for n in range(20)))
            assert await numbers(phone, 21) == list(range(1, 22))
            assert await numbers(laptop, 21) == list(range(1, 22))

    async def test_end_when_the_conversation_is_erased(self, office: RunningHub, maria: Citizen) -> None:
        async with maria.listening() as stream:
            await stream.next("message")
            await maria.call("DELETE", "")
            with pytest.raises(EOFError):
                while True:
                    await stream.next("message")
        assert office.hub.fanout.listeners(maria.id) == 0

    async def test_of_a_page_that_is_closed_are_kept_for_nobody(
        self, office: RunningHub, maria: Citizen
    ) -> None:
        async with maria.listening() as stream:
            await stream.next("message")
            assert office.hub.fanout.streams() == 1
        async with asyncio.timeout(20):
            while office.hub.fanout.streams():
                await maria.call("POST", "/typing")


class TestResuming:
    async def test_goes_on_after_the_last_event_seen(self, maria: Citizen) -> None:
        for text in ("due", "tre", "quattro"):
            await maria.say(text)
        async with maria.listening(last=2) as stream:
            assert [(await stream.next()).data["text"] for _ in range(2)] == ["tre", "quattro"]

    async def test_after_a_future_event_waits_for_it(self, maria: Citizen) -> None:
        async with maria.listening(last=2) as stream:
            await maria.say("due")
            await maria.say("tre")
            assert (await stream.next()).id == 3

    async def test_of_a_long_conversation_leaves_nothing_out(
        self, office: RunningHub, maria: Citizen
    ) -> None:
        drafts = [
            Draft(maria.id, What.MESSAGE, "test", str(n), Author.OPERATOR, f"riga {n}") for n in range(1_600)
        ]
        await asyncio.gather(*(office.hub.journal.append(draft) for draft in drafts))
        async with maria.listening(last=3) as stream:
            asking = asyncio.create_task(maria.say("intanto"))
            assert await numbers(stream, 1602) == list(range(4, 1603))
            await asking

    async def test_while_others_write_shows_each_once_and_in_order(self, maria: Citizen) -> None:
        async def write() -> None:
            for n in range(60):
                await maria.say(str(n))

        writing = asyncio.create_task(write())
        seen: list[int] = []
        while len(seen) < 61:
            async with maria.listening(last=seen[-1] if seen else None) as stream:
                for _ in range(7):
                    if len(seen) < 61:
                        seen.append((await stream.next()).data["seq"])
        await writing
        assert seen == list(range(1, 62))

    async def test_after_a_restart_goes_on_too(self, tmp_path: Path) -> None:
        async with hub_at(tmp_path) as office, Citizen(office.url) as citizen:
            await citizen.start("uno")
            await citizen.say("due")
            kept = (citizen.id, citizen.token)
        async with hub_at(tmp_path) as office, Citizen(office.url) as citizen:
            citizen.id, citizen.token = kept
            async with citizen.listening(last=1) as stream:
                assert (await stream.next()).data["text"] == "due"
                await office.hub.operator_wrote(by_anna("x"), citizen.id, "tre")
                assert (await stream.next("message")).data["text"] == "tre"
