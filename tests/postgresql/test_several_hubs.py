"""Two real hubs on one PostgreSQL: whatever happens at one of them is so at the other, too."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from tests.citizen import Citizen, Stream
from tests.platforms.slack import Shown, SlackStandIn
from tests.postgres import PostgreSQL, postgresql
from tests.program import EndedAtStart
from tests.redis_server import Redis
from tests.region import PATIENCE, Region, RegionHub, desk_link, region_of
from tests.slack_office import slack_fixture

__all__ = ["slack_fixture"]


@pytest.fixture(scope="module", name="server")
def server_fixture() -> Iterator[PostgreSQL]:
    """A PostgreSQL of these tests' own."""
    with postgresql() as server:
        yield server


@pytest_asyncio.fixture(name="redis", params=["Redis", "no Redis"])
async def redis_fixture(request: pytest.FixtureRequest) -> AsyncIterator[Redis | None]:
    """What carries the bus: each test runs with a Redis, and with PostgreSQL alone."""
    if request.param == "no Redis":
        yield None
        return
    async with Redis() as redis:
        yield redis


@pytest_asyncio.fixture(name="two")
async def two_fixture(
    tmp_path: Path, server: PostgreSQL, redis: Redis | None, slack: SlackStandIn
) -> AsyncIterator["Two"]:
    """Two hubs that know each other, one of which leads."""
    async with region_of(tmp_path, server, redis, ("all", "all"), slack=slack) as region:
        leader = await region.leader()
        (other,) = region.standbys(leader)
        for hub in region.hubs:
            await region.until(hub, lambda report: report["hubs"] == 2 and report["bus"] == "ok")
        await slack.wait_for(lambda: slack.connected == 1, PATIENCE)
        yield Two(region, leader, other, slack)


class Two:
    """The hub that leads, and the other one, where the citizen is."""

    def __init__(self, region: Region, leader: RegionHub, other: RegionHub, slack: SlackStandIn) -> None:
        self.region, self.leader, self.other, self.slack = region, leader, other, slack

    async def thread(self) -> Shown:
        """The first conversation's first post on Slack."""
        return (await self.slack.wait_for(self.slack.messages, PATIENCE))[0]

    async def shown(self, root: Shown, text: str) -> None:
        """Wait until the thread shows this, once."""
        await self.slack.wait_for(
            lambda: [text in m.text for m in self.slack.thread(root.ts)].count(True) == 1, PATIENCE
        )


async def next_message(stream: Stream) -> tuple[str, str]:
    """The next message on a page: who wrote it, and what."""
    event = await stream.next("message")
    return event.data["author"], event.data["text"]


def through(hub: RegionHub, citizen: Citizen) -> Citizen:
    """The same citizen's page at another hub."""
    other = Citizen(hub.url)
    other.id, other.token = citizen.id, citizen.token
    return other


async def test_a_conversation_whose_citizen_is_at_one_hub_and_whose_platform_at_the_other(two: Two) -> None:
    async with Citizen(two.other.url) as maria:
        assert (await maria.start("Buongiorno", name="Maria")).status_code == 201
        root = await two.thread()
        async with maria.listening() as stream:
            assert await next_message(stream) == ("visitor", "Buongiorno")
            assert (await stream.next("delivered")).data["seqs"] == [1]
            said = await two.slack.operator_says("anna", "Dica pure", thread_ts=root.ts)
            assert await next_message(stream) == ("operator", "Dica pure")
            await maria.say("Quando aprite?")
            assert await next_message(stream) == ("visitor", "Quando aprite?")
            assert (await stream.next("delivered")).data["seqs"]
        await two.shown(root, "Quando aprite?")
        # The sign that the citizen's page has the answer is put up by the hub that talks to Slack.
        await two.slack.wait_for(
            lambda: any(m.ts == said and "eyes" in m.reactions for m in two.slack.thread(root.ts)), PATIENCE
        )


async def test_two_pages_of_one_citizen_at_two_hubs_show_the_same_in_the_same_order(two: Two) -> None:
    async with Citizen(two.leader.url) as maria:
        await maria.start("Buongiorno")
        async with through(two.other, maria) as phone, maria.listening() as here, phone.listening() as there:
            for number in range(20):
                await asyncio.gather(maria.say(f"a{number}"), phone.say(f"b{number}"))
            pages = []
            for stream in (here, there):
                events = [await stream.next("message") for _ in range(41)]
                pages.append([(event.id, event.data["text"]) for event in events])
        assert pages[0] == pages[1]
        assert [number for number, _ in pages[0]] == sorted({number for number, _ in pages[0]})


async def test_what_is_closed_at_one_hub_opens_again_by_a_message_at_the_other(two: Two) -> None:
    async with Citizen(two.leader.url) as maria:
        await maria.start("Buongiorno")
        async with through(two.other, maria) as phone, phone.listening() as stream:
            await phone.say("Ci siete?")
            assert (await maria.call("POST", "/close")).status_code == 204
            assert (await phone.say("Ancora una cosa")).status_code == 201
            async with asyncio.timeout(PATIENCE):
                while (await next_message(stream))[1] != "Ancora una cosa":
                    pass
    async with httpx.AsyncClient(base_url=two.other.url, follow_redirects=True, timeout=30) as desk:
        page = await desk.get(desk_link(two.other))
        assert page.status_code == 200
        assert "waiting" in (await desk.get(f"/desk/{maria.id}")).text


async def test_what_is_erased_at_one_hub_is_gone_at_the_other(two: Two) -> None:
    async with Citizen(two.leader.url) as maria, Citizen(two.other.url) as phone:
        await maria.start("Buongiorno")
        phone.id, phone.token = maria.id, maria.token
        async with phone.listening() as stream:
            await next_message(stream)
            assert (await maria.call("DELETE", "")).status_code == 204
            await stream.next("erased")
        assert (await phone.call("GET", "/transcript")).status_code == 404


async def test_an_operator_who_closes_the_line_closes_it_at_every_hub(two: Two) -> None:
    async with Citizen(two.other.url) as maria:
        await maria.start("Buongiorno")
        root = await two.thread()
        async with maria.listening() as stream:
            await two.slack.operator_says("anna", "!offline", thread_ts=root.ts)
            while (await stream.next("status")).data["open"]:
                pass
            await two.slack.operator_says("anna", "!online", thread_ts=root.ts)
            while not (await stream.next("status")).data["open"]:
                pass


async def test_whom_an_operator_blocks_is_blocked_at_every_hub(two: Two) -> None:
    async with Citizen(two.other.url) as maria:
        await maria.start("Buongiorno")
        root = await two.thread()
        await two.slack.operator_says("anna", "!block", thread_ts=root.ts)
        async with asyncio.timeout(PATIENCE):
            while (await maria.say("Ancora io")).status_code != 403:
                pass
            await two.slack.operator_says("anna", "!unblock", thread_ts=root.ts)
            while (await maria.say("Ancora io")).status_code != 201:
                pass


async def test_a_desks_link_opens_it_once_at_whichever_hub_and_its_end_is_one_everywhere(two: Two) -> None:
    async with (
        httpx.AsyncClient(base_url=two.other.url, follow_redirects=True, timeout=30) as anna,
        httpx.AsyncClient(base_url=two.leader.url, timeout=30) as thief,
    ):
        link = desk_link(two.leader)
        page = await anna.get(link)
        assert page.status_code == 200
        assert (await thief.get(link)).status_code == 403
        thief.cookies = httpx.Cookies(dict(anna.cookies))
        assert (await thief.get("/desk")).status_code == 200
        (csrf,) = set(re.findall(r'name="csrf" value="([^"]+)"', page.text))
        assert (await anna.post("/desk/logout", data={"csrf": csrf})).status_code in (200, 401)
        assert (await thief.get("/desk")).status_code == 401


async def test_an_answer_from_the_desk_of_one_hub_reaches_the_page_at_the_other_and_slack(two: Two) -> None:
    async with (
        Citizen(two.other.url) as maria,
        httpx.AsyncClient(base_url=two.leader.url, follow_redirects=True, timeout=30) as anna,
    ):
        page = await anna.get(desk_link(two.leader))
        (csrf,) = set(re.findall(r'name="csrf" value="([^"]+)"', page.text))
        async with anna.stream("GET", "/desk/events") as desk:
            lines = desk.aiter_lines()
            await maria.start("Buongiorno")
            async with asyncio.timeout(PATIENCE):
                async for line in lines:
                    if "Buongiorno" in line:
                        break
        root = await two.thread()
        async with maria.listening() as stream:
            await next_message(stream)
            # At the other hub's desk: the session is good at both.
            fields = {"csrf": csrf, "text": "Dica pure", "client_id": "x" * 16}
            answer = await anna.post(f"{two.other.url}/desk/{maria.id}/reply", data=fields)
            assert answer.status_code == 200, answer.text
            assert await next_message(stream) == ("operator", "Dica pure")
        await two.slack.wait_for(
            lambda: any("Dica pure" in m.text for m in two.slack.thread(root.ts)), PATIENCE
        )


async def test_a_hub_with_another_key_does_not_start(two: Two, tmp_path: Path) -> None:
    third = RegionHub(tmp_path / "third", "all", tmp_path / "data")
    third.environment = two.leader.environment | {"SECRET_KEY": "another" * 5}
    with pytest.raises(EndedAtStart, match="another SECRET_KEY"):
        await third.start()
