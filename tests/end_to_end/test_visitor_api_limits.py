"""How much one may write, who may ask from another page, and whose address counts behind a proxy."""

import asyncio
import uuid
from pathlib import Path

import httpx
import pytest

from settings import Limits, Rate, Settings, load
from tests.citizen import Citizen
from tests.hub import RunningHub, hub_at
from tests.visitors import PDF, maria_fixture, office_fixture
from web.limits import WriteLimits, one_visitor
from web.problems import ProblemError

__all__ = ["maria_fixture", "office_fixture"]

TOWN = "https://www.comune.example"


def refused(answer: httpx.Response) -> int:
    """The seconds that a refusal tells to wait."""
    assert answer.status_code == 429
    assert answer.headers["Content-Type"] == "application/problem+json"
    return int(answer.headers["Retry-After"])


async def start_from(citizen: Citizen, forwarded: str) -> httpx.Response:
    """Start a conversation through a proxy that says whom it speaks for."""
    body = {"client_id": str(uuid.uuid4()), "text": "ciao"}
    headers = {"X-Forwarded-For": forwarded}
    return await citizen.http.post("/api/conversations", json=body, headers=headers)


class TestLimits:
    async def test_one_conversation_may_not_write_more_than_the_file_says(self, tmp_path: Path) -> None:
        limits = {"per_address": "unlimited", "per_conversation": "3/h"}
        async with hub_at(tmp_path, limits=limits) as office, Citizen(office.url) as citizen:
            await citizen.start("uno")
            answers = [await citizen.say(str(n)) for n in range(4)]
            assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
            assert 0 < refused(answers[3]) <= 3600
            sent = await citizen.call(
                "POST", "/files", data={"client_id": "f"}, files={"file": ("a.pdf", PDF)}
            )
            refused(sent)
            refused(await citizen.call("POST", "/rating", json={"score": 5}))
            async with Citizen(office.url) as other:
                await other.start("un altro")
                assert (await other.say("non c'entro")).status_code == 201
            assert (await citizen.call("GET", "/transcript")).status_code == 200
            assert (await citizen.call("POST", "/close")).status_code == 204

    async def test_one_address_may_not_write_more_than_the_file_says(self, tmp_path: Path) -> None:
        limits = {"per_address": "3/h", "per_conversation": "unlimited"}
        async with hub_at(tmp_path, limits=limits) as office, Citizen(office.url) as citizen:
            assert [(await citizen.start("x")).status_code for _ in range(4)] == [201, 201, 201, 429]
            refused(await citizen.say("x"))
            callback = {"client_id": "c", "name": "M", "phone": "055 883 32", "text": "x", "consent": True}
            refused(await citizen.http.post("/api/callbacks", json=callback))

    async def test_what_is_refused_for_another_reason_does_not_count(self, tmp_path: Path) -> None:
        async with hub_at(tmp_path, limits={"per_address": "2/h"}) as office, Citizen(office.url) as citizen:
            for _ in range(5):
                assert (await citizen.start("")).status_code == 422
            assert [(await citizen.start("x")).status_code for _ in range(3)] == [201, 201, 429]

    async def test_unlimited_is_unlimited(self, maria: Citizen) -> None:
        answers = await asyncio.gather(*(maria.say("x") for _ in range(150)))
        assert {answer.status_code for answer in answers} == {201}

    async def test_changed_in_the_file_are_in_force_without_a_restart(
        self, office: RunningHub, maria: Citizen
    ) -> None:
        async with maria.listening() as stream:
            office.rewrite(limits={"per_conversation": "1/h"})
            await stream.next("status")
        assert [(await maria.say("x")).status_code for _ in range(2)] == [201, 429]

    async def test_whoever_waits_as_long_as_told_may_write_again(self, tmp_path: Path) -> None:
        once = Limits(
            per_address=Rate(1, 2),
            per_conversation="unlimited",  # type: ignore[arg-type]
        )
        settings = await asyncio.to_thread(settings_with, tmp_path, once)
        limits = WriteLimits()
        for _ in range(2):
            await limits.check(settings, "192.0.2.1")
            with pytest.raises(ProblemError) as told:
                await limits.check(settings, "192.0.2.1")
            await asyncio.sleep(int(told.value.headers["Retry-After"]))

    async def test_are_told_by_the_one_that_lasts_longer(self, tmp_path: Path) -> None:
        settings = await asyncio.to_thread(settings_with, tmp_path, Limits(
            per_address=Rate(1, 10), per_conversation=Rate(1, 3600)
        ))  # fmt: skip
        limits = WriteLimits()
        await limits.check(settings, "192.0.2.1", "c")
        with pytest.raises(ProblemError) as told:
            await limits.check(settings, "192.0.2.1", "c")
        assert int(told.value.headers["Retry-After"]) > 3000


def settings_with(folder: Path, limits: Limits) -> Settings:
    """Settings with these limits."""
    (folder / "config.yaml").write_text("office: {name: URP}\nhours: {mon: 08:30-13:00}\n")
    return load(folder / "config.yaml").model_copy(update={"limits": limits})


class TestAddresses:
    async def test_a_proxy_on_this_machine_is_believed(self, tmp_path: Path) -> None:
        async with hub_at(tmp_path, limits={"per_address": "1/h"}) as office, Citizen(office.url) as citizen:
            assert (await start_from(citizen, "203.0.113.7")).status_code == 201
            refused(await start_from(citizen, "203.0.113.7"))
            assert (await start_from(citizen, "203.0.113.8")).status_code == 201

    async def test_what_the_citizen_claims_before_the_proxy_is_not(self, tmp_path: Path) -> None:
        async with hub_at(tmp_path, limits={"per_address": "1/h"}) as office, Citizen(office.url) as citizen:
            assert (await start_from(citizen, "198.51.100.1, 203.0.113.7")).status_code == 201
            refused(await start_from(citizen, "198.51.100.2, 203.0.113.7"))
            refused(await start_from(citizen, "127.0.0.1, 203.0.113.7"))

    async def test_a_stranger_who_plays_the_proxy_is_not(self, tmp_path: Path) -> None:
        limits = {"per_address": "1/h"}
        async with hub_at(tmp_path, limits=limits) as office:
            stranger = httpx.AsyncHTTPTransport(local_address="127.0.0.9")
            async with httpx.AsyncClient(transport=stranger, base_url=office.url) as http:
                codes = []
                for n in range(3):
                    body = {"client_id": str(n), "text": "ciao"}
                    headers = {"X-Forwarded-For": f"203.0.113.{n}"}
                    codes.append(
                        (await http.post("/api/conversations", json=body, headers=headers)).status_code
                    )
            assert codes == [201, 429, 429]

    @pytest.mark.parametrize("claimed", ["", "unknown", "::zz", "x" * 5000, "[::1", "\xc3\xa8"])
    async def test_garbage_from_a_proxy_is_an_address_like_any_other(
        self, tmp_path: Path, claimed: str
    ) -> None:
        async with hub_at(tmp_path, limits={"per_address": "1/h"}) as office, Citizen(office.url) as citizen:
            body = {"client_id": "1", "text": "ciao"}
            headers = [(b"X-Forwarded-For", claimed.encode("latin-1"))]
            answer = await citizen.http.post("/api/conversations", json=body, headers=headers)
            assert answer.status_code == 201

    @pytest.mark.parametrize(
        ("one", "other", "same"),
        [
            ("192.0.2.1", "192.0.2.1", True),
            ("192.0.2.1", "192.0.2.2", False),
            ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", True),
            ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
            ("::ffff:192.0.2.1", "192.0.2.1", True),
            ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ],
    )
    def test_of_one_connection_count_as_one(self, one: str, other: str, same: bool) -> None:
        assert (one_visitor(one) == one_visitor(other)) is same


class TestOtherPages:
    """CORS: the town's pages may ask, others may not; the status is for everybody."""

    async def preflight(
        self, citizen: Citizen, path: str, origin: str, method: str = "POST"
    ) -> httpx.Response:
        """What a browser asks before it sends."""
        asked = {
            "Origin": origin,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": "authorization,content-type,last-event-id",
        }
        return await citizen.http.options(path, headers=asked)

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("POST", "/api/conversations"),
            ("POST", "/api/callbacks"),
            ("GET", "/api/conversations/x/events"),
            ("DELETE", "/api/conversations/x"),
        ],
    )
    async def test_the_towns_are_let_through(self, maria: Citizen, method: str, path: str) -> None:
        answer = await self.preflight(maria, path, TOWN, method)
        assert answer.status_code == 204
        assert answer.headers["Access-Control-Allow-Origin"] == TOWN
        assert method in answer.headers["Access-Control-Allow-Methods"]
        allowed = answer.headers["Access-Control-Allow-Headers"].lower()
        assert all(name in allowed for name in ("authorization", "content-type", "last-event-id"))
        assert "Origin" in answer.headers["Vary"]
        assert "Access-Control-Allow-Credentials" not in answer.headers

    @pytest.mark.parametrize(
        "origin",
        ["https://evil.example", "null", "http://www.comune.example", "https://www.comune.example.evil.example",
         "https://www.comune.example:8443", "", "*"],
    )  # fmt: skip
    async def test_others_are_not(self, maria: Citizen, origin: str) -> None:
        answer = await self.preflight(maria, "/api/conversations", origin)
        assert "Access-Control-Allow-Origin" not in answer.headers
        body = {"client_id": "x", "text": "x"}
        sent = await maria.http.post("/api/conversations", json=body, headers={"Origin": origin})
        assert "Access-Control-Allow-Origin" not in sent.headers

    async def test_the_towns_may_read_answers_refusals_and_streams(self, maria: Citizen) -> None:
        headers = {"Origin": TOWN}
        refusal = await maria.http.post("/api/conversations", json={}, headers=headers)
        assert refusal.status_code == 422
        assert refusal.headers["Access-Control-Allow-Origin"] == TOWN
        assert refusal.headers["Access-Control-Expose-Headers"] == "Retry-After"
        path = f"/api/conversations/{maria.id}/events"
        async with maria.http.stream("GET", path, headers=headers | maria.headers) as stream:
            assert stream.headers["Access-Control-Allow-Origin"] == TOWN

    async def test_what_citizens_wrote_stays_in_no_cache(self, maria: Citizen) -> None:
        for path in ("/transcript", "/events", "/files/9"):
            url = f"/api/conversations/{maria.id}{path}"
            async with maria.http.stream("GET", url, headers=maria.headers) as answer:
                assert "no-store" in answer.headers["Cache-Control"]
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
