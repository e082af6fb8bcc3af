"""The visitor's HTTP API, call by call, as a citizen's phone uses it: over a real socket, on bad networks too."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from models.tables import What
from routing.commands import Command
from tests.citizen import Citizen
from tests.hub import Clock, RunningHub, hub_at
from tests.visitors import PDF, by_anna, office_fixture

__all__ = ["office_fixture"]

MORNINGS = {"mon": "08:30-13:00", "tue": "08:30-13:00"}
MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SUNDAY = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


@pytest_asyncio.fixture(name="maria")
async def maria_fixture(office: RunningHub) -> AsyncIterator[Citizen]:
    """A citizen who has not written yet."""
    async with Citizen(office.url) as citizen:
        yield citizen


def contact(**changes: Any) -> dict[str, Any]:
    """A message for the closed office, complete unless changed."""
    return {
        "client_id": str(uuid.uuid4()),
        "name": "Maria Rossi",
        "email": "maria@example.com",
        "text": "Vorrei rinnovare la carta d'identità.",
        "consent": True,
    } | changes


async def leave(citizen: Citizen, **changes: Any) -> httpx.Response:
    """Leave a message with contact details."""
    return await citizen.http.post("/api/callbacks", json=contact(**changes))


async def shown(citizen: Citizen) -> list[str]:
    """The texts of the conversation, as its transcript has them."""
    transcript = (await citizen.call("GET", "/transcript")).json()
    return [line["text"] for line in transcript["messages"]]


class TestStarting:
    async def test_gives_an_id_a_token_and_the_first_number(self, maria: Citizen) -> None:
        answer = await maria.start("Buongiorno", name="Maria", page="https://www.comune.example/", lang="it")
        assert answer.status_code == 201
        assert answer.headers["Content-Type"] == "application/json"
        started = answer.json()
        assert set(started) == {"id", "token", "seq", "created_at"}
        assert started["seq"] == 1
        assert len(started["token"]) >= 32
        assert datetime.fromisoformat(started["created_at"]).tzinfo is not None

    async def test_keeps_a_name_on_one_line_and_in_one_direction(self, maria: Citizen) -> None:
        await maria.start("Buongiorno", name=" Maria\nPagina: https://altro.example\u202e ")
        transcript = (await maria.call("GET", "/transcript")).json()
        assert transcript["messages"][0]["name"] == "Maria Pagina: https://altro.example"

    async def test_twice_with_one_client_id_is_one_conversation(self, maria: Citizen) -> None:
        first = await maria.start("Buongiorno", client_id="the-same")
        again = await maria.start("Buongiorno", client_id="the-same")
        assert (first.status_code, again.status_code) == (201, 200)
        assert again.json() == first.json()
        assert await shown(maria) == ["Buongiorno"]

    async def test_by_many_tries_at_once_is_one_conversation(self, maria: Citizen) -> None:
        answers = await asyncio.gather(*(maria.start("Buongiorno", client_id="impatient") for _ in range(12)))
        assert sorted(answer.status_code for answer in answers) == [200] * 11 + [201]
        assert len({answer.json()["id"] for answer in answers}) == 1
        assert await shown(maria) == ["Buongiorno"]

    async def test_repeated_by_a_stranger_who_knows_only_the_client_id_gives_no_token(
        self, maria: Citizen, office: RunningHub
    ) -> None:
        first = await maria.start("Buongiorno", client_id="guessed")
        async with Citizen(office.url) as stranger:
            again = await stranger.start("altro", client_id="guessed")
        assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
        assert again.json()["token"] is None

    async def test_repeated_after_the_hub_restarted_finds_the_conversation(self, tmp_path: Path) -> None:
        answers = []
        for _ in range(2):
            async with hub_at(tmp_path) as office, Citizen(office.url) as citizen:
                answers.append(await citizen.start("Buongiorno", client_id="before-and-after"))
                answers.append(await citizen.say("Ci siete?", client_id="second"))
                assert await shown(citizen) == ["Buongiorno", "Ci siete?"]
        assert [answer.status_code for answer in answers] == [201, 201, 200, 200]
        assert answers[0].json() == answers[2].json()
        assert answers[1].json() == answers[3].json()

    async def test_members_we_do_not_know_are_passed_over(self, maria: Citizen) -> None:
        assert (await maria.start("Buongiorno", screen={"width": 320})).status_code == 201


class TestClosedOffice:
    async def test_points_to_the_form_with_contact_details(self, tmp_path: Path) -> None:
        clock = Clock(SUNDAY)
        async with hub_at(tmp_path, clock=clock, hours=MORNINGS) as office, Citizen(office.url) as citizen:
            refused = await citizen.start("C'è qualcuno?")
            assert refused.status_code == 409
            assert refused.headers["Content-Type"] == "application/problem+json"
            assert refused.json()["callbacks"] == "/api/callbacks"
            assert "/api/callbacks" in refused.json()["detail"]
            assert (await leave(citizen)).status_code == 201

    async def test_still_answers_a_start_that_was_taken_before_it_closed(self, tmp_path: Path) -> None:
        clock = Clock(MONDAY)
        async with hub_at(tmp_path, clock=clock, hours=MORNINGS) as office, Citizen(office.url) as citizen:
            first = await citizen.start("Buongiorno", client_id="answer-got-lost")
            clock.at = SUNDAY
            again = await citizen.start("Buongiorno", client_id="answer-got-lost")
            assert (first.status_code, again.status_code) == (201, 200)
            assert first.json() == again.json()
            assert (await citizen.say("e ancora")).status_code == 201


class TestStatus:
    async def test_says_whether_until_when_and_in_which_words(self, tmp_path: Path) -> None:
        clock = Clock(MONDAY)
        departments = [{"name": "Anagrafe"}, {"name": "Tributi"}]
        places = {"hours": MORNINGS, "departments": departments}
        async with hub_at(tmp_path, clock=clock, **places) as office, Citizen(office.url) as citizen:
            now = (await citizen.http.get("/api/status?lang=it")).json()
            assert (now["open"], now["reopens"]) == (True, None)
            assert now["until"] == "2026-11-23T13:00:00+01:00"
            assert now["departments"] == ["Anagrafe", "Tributi"]
            assert now["lang"] == "it"
            assert "13" in now["message"]
            clock.at = SUNDAY
            closed = (await citizen.http.get("/api/status?lang=en")).json()
            assert (closed["open"], closed["until"], closed["lang"]) == (False, None, "en")
            assert closed["reopens"] == "2026-11-23T08:30:00+01:00"

    @pytest.mark.parametrize("lang", ["", "zz", "%00", "%ff", "x" * 3000, "it&lang=en"])
    async def test_in_a_language_we_do_not_speak_is_in_the_offices(self, maria: Citizen, lang: str) -> None:
        answer = await maria.http.get(f"/api/status?lang={lang}")
        assert (answer.status_code, answer.json()["lang"]) == (200, "it")

    async def test_is_for_any_page_and_for_half_a_minute(self, maria: Citizen) -> None:
        answer = await maria.http.get("/api/status", headers={"Origin": "https://elsewhere.example"})
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Cache-Control"] == "public, max-age=30"


class TestMessages:
    async def test_are_numbered_without_gaps_however_many_come_at_once(self, maria: Citizen) -> None:
        await maria.start("uno")
        answers = await asyncio.gather(*(maria.say(f"messaggio {n}") for n in range(60)))
        assert {answer.status_code for answer in answers} == {201}
        assert sorted(answer.json()["seq"] for answer in answers) == list(range(2, 62))

    async def test_repeated_keep_their_number(self, maria: Citizen) -> None:
        await maria.start("uno")
        answers = [await maria.say("due", client_id="second") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [201, 200, 200]
        assert {answer.json()["seq"] for answer in answers} == {2}

    async def test_repeated_all_at_once_are_written_once(self, maria: Citizen) -> None:
        await maria.start("uno")
        answers = await asyncio.gather(*(maria.say("due", client_id="second") for _ in range(12)))
        assert sorted(answer.status_code for answer in answers) == [200] * 11 + [201]
        assert await shown(maria) == ["uno", "due"]

    async def test_of_two_citizens_may_have_the_same_client_id(
        self, maria: Citizen, office: RunningHub
    ) -> None:
        await maria.start("io", client_id="1")
        async with Citizen(office.url) as other:
            await other.start("anch'io", client_id="2")
            assert (await maria.say("mio", client_id="m")).status_code == 201
            assert (await other.say("suo", client_id="m")).status_code == 201
            assert await shown(other) == ["anch'io", "suo"]

    async def test_to_a_closed_conversation_open_it_again(self, maria: Citizen, office: RunningHub) -> None:
        await maria.start("uno")
        await maria.call("POST", "/close")
        assert (await maria.say("ancora una cosa")).status_code == 201
        info = await office.hub.conversation(maria.id)
        assert info is not None
        assert info.state == "waiting"

    @pytest.mark.parametrize("letter", ["x", "è", "😀"])
    async def test_may_have_4000_characters_and_not_one_more(self, maria: Citizen, letter: str) -> None:
        await maria.start("uno")
        assert (await maria.say(letter * 4000)).status_code == 201
        refused = await maria.say(letter * 4001)
        assert refused.status_code == 422
        assert refused.json()["errors"] == [
            {"at": "text", "detail": "String should have at most 4000 characters"}
        ]
        assert (await shown(maria))[1:] == [letter * 4000]

    async def test_keep_what_was_written_but_not_what_no_screen_shows(self, maria: Citizen) -> None:
        await maria.start("uno")
        await maria.say("  a\x00b\x1b[31m\r\nriga due\t€\u2028<b>  ")
        assert (await shown(maria))[1] == "ab[31m\nriga due\t€\u2028<b>"


class TestCallbacks:
    @pytest.mark.parametrize(
        "given",
        [
            {"email": "maria@example.com", "phone": None},
            {"email": None, "phone": "055 883 3200"},
            {"email": "", "phone": "+39 055 883320"},
            {"email": "maria@example.com", "phone": "055883320"},
        ],
    )
    async def test_need_one_way_to_answer(self, maria: Citizen, given: dict[str, Any]) -> None:
        answer = await leave(maria, **given)
        assert answer.status_code == 201
        assert len(answer.json()["reference"]) == 7

    @pytest.mark.parametrize(
        ("wrong", "at"),
        [
            ({"email": None}, ""),
            ({"email": "", "phone": " "}, ""),
            ({"email": "maria"}, "email"),
            ({"email": "maria@@example.com"}, "email"),
            ({"email": "x" * 250 + "@example.com"}, "email"),
            ({"phone": "no"}, "phone"),
            ({"phone": "12"}, "phone"),
            ({"phone": "<script>12345678"}, "phone"),
            ({"phone": "1" * 41}, "phone"),
            ({"consent": False}, ""),
            ({"consent": None}, "consent"),
            ({"consent": "true"}, "consent"),
            ({"name": " "}, "name"),
            ({"name": "x" * 101}, "name"),
            ({"text": "\x00"}, "text"),
            ({"lang": "italiano!"}, "lang"),
            ({"page": "javascript:alert(1)"}, "page"),
            ({"client_id": ""}, "client_id"),
            ({"client_id": "x" * 65}, "client_id"),
            ({"client_id": "a/b"}, "client_id"),
        ],
    )
    async def test_say_what_is_wrong_with_them(self, maria: Citizen, wrong: dict[str, Any], at: str) -> None:
        refused = await leave(maria, **wrong)
        assert refused.status_code == 422
        assert [error["at"] for error in refused.json()["errors"]] == [at]

    async def test_without_consent_are_not_kept(self, maria: Citizen, office: RunningHub) -> None:
        refused = await maria.http.post("/api/callbacks", json=contact(consent=False))
        assert "consent" in refused.json()["detail"]
        body = contact()
        del body["consent"]
        assert (await maria.http.post("/api/callbacks", json=body)).status_code == 422
        assert await office.hub.store.older_than("callback", 2**60) == []  # type: ignore[arg-type]

    async def test_repeated_keep_their_reference(self, maria: Citizen) -> None:
        one, two = await leave(maria, client_id="cb"), await leave(maria, client_id="cb")
        assert (one.status_code, two.status_code) == (201, 200)
        assert one.json() == two.json()
        answers = await asyncio.gather(*(leave(maria, client_id="many") for _ in range(8)))
        assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
        assert len({answer.json()["reference"] for answer in answers}) == 1

    async def test_repeated_after_a_restart_keep_their_reference(self, tmp_path: Path) -> None:
        references = []
        for _ in range(2):
            async with hub_at(tmp_path) as office, Citizen(office.url) as citizen:
                references.append((await leave(citizen, client_id="cb")).json()["reference"])
        assert references[0] == references[1]

    async def test_write_a_phone_number_so_that_it_can_be_called(
        self, maria: Citizen, office: RunningHub
    ) -> None:
        reference = (await leave(maria, phone="055/883.32.00")).json()["reference"]
        callback = await office.hub.store.callback(reference)
        assert callback is not None
        assert callback.phone == "+39 055 883 3200"


class TestTheRest:
    async def test_typing_closing_and_rating_answer_204_without_a_body(
        self, maria: Citizen, office: RunningHub
    ) -> None:
        await maria.start("uno")
        answers = [
            await maria.call("POST", "/typing"),
            await maria.call("POST", "/rating", json={"score": 5, "comment": "Gentili"}),
            await maria.call("POST", "/close"),
            await maria.call("POST", "/close"),
        ]
        assert [(answer.status_code, answer.content) for answer in answers] == [(204, b"")] * 4
        kinds = [record.kind for record in await office.hub.store.entries(maria.id)]
        assert kinds == [What.MESSAGE, What.RATING, What.CLOSED]

    @pytest.mark.parametrize(
        "wrong",
        [
            {},
            {"score": 0},
            {"score": 6},
            {"score": "5"},
            {"score": 4.5},
            {"score": True},
            {"score": 10**30},
            {"score": 5, "comment": "x" * 1001},
            {"score": 5, "comment": 7},
        ],
    )
    async def test_a_rating_is_a_whole_number_from_1_to_5(
        self, maria: Citizen, wrong: dict[str, Any]
    ) -> None:
        await maria.start("uno")
        assert (await maria.call("POST", "/rating", json=wrong)).status_code == 422

    async def test_the_transcript_is_json_or_text_as_asked(self, maria: Citizen, office: RunningHub) -> None:
        await maria.start("Buongiorno", name="Maria")
        await office.hub.operator_wrote(by_anna("1"), maria.id, "Buongiorno a lei")
        whole = await maria.call("GET", "/transcript")
        assert whole.headers["Content-Type"] == "application/json"
        lines = [(line["author"], line["name"], line["text"]) for line in whole.json()["messages"]]
        assert lines[0] == ("visitor", "Maria", "Buongiorno")
        assert lines[-1] == ("operator", "Anna", "Buongiorno a lei")
        assert "Bianchi" not in whole.text
        for how in ({"headers": maria.headers | {"Accept": "text/plain"}}, {"params": {"format": "text"}}):
            asked = {"headers": maria.headers} | how
            text = await maria.http.get(f"/api/conversations/{maria.id}/transcript", **asked)
            assert text.headers["Content-Type"] == "text/plain; charset=utf-8"
            assert text.headers["Content-Disposition"].startswith("attachment")
            assert "Maria:  Buongiorno" in text.text
            assert "Anna:  Buongiorno a lei" in text.text

    async def test_notes_of_operators_stay_inside(self, maria: Citizen, office: RunningHub) -> None:
        await maria.start("Buongiorno")
        info = await office.hub.conversation(maria.id)
        assert info is not None
        await office.hub.note(by_anna("n"), info, "cittadina difficile")
        assert "difficile" not in (await maria.call("GET", "/transcript")).text

    async def test_erasing_leaves_nothing_behind(self, maria: Citizen, office: RunningHub) -> None:
        await maria.start("La mia situazione")
        await maria.call("POST", "/files", data={"client_id": "f"}, files={"file": ("carta.pdf", PDF)})
        files = list((office.config.parent / "data" / "files").iterdir())
        assert len(files) == 1
        assert (await maria.call("DELETE", "")).status_code == 204
        assert not files[0].exists()
        assert await office.hub.store.entries(maria.id) == []
        assert await office.hub.store.file(maria.id, 2) is None
        assert await office.hub.store.waiting_deliveries(maria.id, "slack") == []
        for method, path, more in (
            ("GET", "/transcript", {}),
            ("GET", "/events", {}),
            ("GET", "/files/2", {}),
            ("POST", "/messages", {"json": {"client_id": "x", "text": "x"}}),
            ("POST", "/typing", {}),
            ("POST", "/close", {}),
            ("POST", "/rating", {"json": {"score": 1}}),
            ("DELETE", "", {}),
        ):
            gone = await maria.call(method, path, **more)
            assert (gone.status_code, gone.headers["Content-Type"]) == (404, "application/problem+json")

    async def test_a_blocked_citizen_is_told_so(self, maria: Citizen, office: RunningHub) -> None:
        await maria.start("spam")
        await office.hub.operator_commanded(by_anna("b"), maria.id, Command("block"))
        assert (await maria.say("spam")).status_code == 403
        sent = await maria.call("POST", "/files", data={"client_id": "f"}, files={"file": ("a.pdf", PDF)})
        assert sent.status_code == 403
