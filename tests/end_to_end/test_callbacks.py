"""Callbacks as work: from the form of a closed office, on both platforms and the desk, to whoever calls back."""

import csv
import io
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
import pytest_asyncio

from models.tables import What
from tests.citizen import Citizen
from tests.hub import Clock, RunningHub, hub_at
from tests.platforms.slack import Shown, SlackStandIn
from tests.platforms.telegram import Shown as Post
from tests.platforms.telegram import TelegramStandIn

ROME = ZoneInfo("Europe/Rome")
SUNDAY = datetime(2035, 11, 25, 11, 0, tzinfo=ROME)
MONDAY = datetime(2035, 11, 26, 9, 0, tzinfo=ROME)
WEEK = {"mon": "08:30-13:00, 15:00-18:00", "tue": "08:30-13:00"}
MARIA = {
    "name": "Maria Rossi",
    "phone": "055 123 4567",
    "text": "Vorrei rinnovare la carta.",
    "consent": True,
}


@dataclass
class Office:
    """An office on both platforms, closed on Sundays."""

    hub: RunningHub
    slack: SlackStandIn
    telegram: TelegramStandIn
    http: httpx.AsyncClient

    async def left(self, client_id: str = "c1", **more: Any) -> str:
        """A message with contact details; its reference."""
        answer = await self.http.post("/api/callbacks", json={"client_id": client_id, **MARIA, **more})
        assert answer.status_code == 201, answer.text
        reference: str = answer.json()["reference"]
        return reference

    async def on_slack(self, reference: str) -> Shown:
        """The post that says whom to call."""
        found = await self.slack.wait_for(lambda: [m for m in self.slack.messages() if reference in m.text])
        return found[0]

    async def on_telegram(self, reference: str) -> Post:
        """The same on Telegram."""
        found = await self.telegram.wait_for(lambda: [m for m in self.topic_posts() if reference in m.text])
        return found[0]

    def topic_posts(self) -> list[Post]:
        """All that stands in the group's topics."""
        return [post for topic in self.telegram.topics() for post in self.telegram.thread(topic.id)]

    async def state(self, reference: str) -> str:
        """What the citizen is told of it."""
        answer = await self.http.get(f"/api/callbacks/{reference}")
        assert answer.status_code == 200, answer.text
        state: str = answer.json()["state"]
        return state


@pytest_asyncio.fixture(name="office")
async def office_fixture(tmp_path: Path) -> AsyncIterator[Office]:
    """It is Sunday."""
    async with SlackStandIn() as slack, TelegramStandIn() as telegram:
        clock = Clock(SUNDAY)
        async with hub_at(tmp_path, slack=slack, telegram=telegram, clock=clock, hours=WEEK) as hub:
            await slack.wait_for(lambda: slack.connected == 1)
            async with httpx.AsyncClient(base_url=hub.url, timeout=30) as http:
                yield Office(hub, slack, telegram, http)


async def test_a_message_reaches_both_platforms_once_with_all_that_is_needed_to_call(office: Office) -> None:
    reference = await office.left()
    again = await office.http.post("/api/callbacks", json={"client_id": "c1", **MARIA})
    assert (again.status_code, again.json()) == (200, {"reference": reference})
    for post in (await office.on_slack(reference), await office.on_telegram(reference)):
        for part in ("Maria Rossi", "+39 055 123 4567", "Vorrei rinnovare la carta."):
            assert part in post.text
    await office.left("c2", name="Piero")
    await office.slack.wait_for(lambda: len(office.slack.messages()) == 2)
    assert sum(reference in message.text for message in office.slack.messages()) == 1
    assert sum(reference in message.text for message in office.topic_posts()) == 1


async def test_whoever_takes_it_calls_and_says_so_is_seen_everywhere(office: Office) -> None:
    reference = await office.left()
    root = await office.on_slack(reference)
    post = await office.on_telegram(reference)
    assert root.buttons == ("take", "done", "tried", "pass", "block")
    assert await office.state(reference) == "new"

    await office.slack.operator_presses("anna", root.ts, "take")
    await office.telegram.wait_for(lambda: any("Anna" in m.text for m in office.topic_posts()))
    assert await office.state(reference) == "taken"

    for count in (1, 2):
        await office.telegram.operator_presses("anna", post.id, "Non risponde")
        await office.slack.wait_for(
            lambda count=count: any(f"(×{count})" in reply.text for reply in office.slack.thread(root.ts)[1:])
        )
    assert await office.state(reference) == "tried"
    await office.slack.wait_for(lambda: "(×2)" in office.slack.thread(root.ts)[0].text)

    await office.slack.operator_presses("anna", root.ts, "done")
    await office.slack.wait_for(lambda: office.slack.thread(root.ts)[0].buttons == ())
    assert await office.state(reference) == "done"


async def test_a_press_that_the_platform_repeats_counts_once(office: Office) -> None:
    reference = await office.left()
    post = await office.on_telegram(reference)
    await office.telegram.operator_presses("anna", post.id, "Non risponde")
    root = await office.on_slack(reference)
    await office.slack.wait_for(lambda: len(office.slack.thread(root.ts)) == 2)
    office.telegram.redeliver()
    await office.telegram.operator_presses("anna", post.id, "Richiamato")
    await office.slack.wait_for(lambda: len(office.slack.thread(root.ts)) == 3)
    assert "(×1)" in office.slack.thread(root.ts)[1].text


async def test_what_was_said_on_the_phone_may_stand_beside_it(office: Office) -> None:
    reference = await office.left()
    root = await office.on_slack(reference)
    await office.slack.operator_says("anna", "!done Viene martedì alle 10", thread_ts=root.ts)
    await office.slack.wait_for(lambda: office.slack.thread(root.ts)[0].buttons == ())
    await office.telegram.wait_for(
        lambda: any("Viene martedì alle 10" in m.text for m in office.topic_posts())
    )


async def test_a_chat_is_not_called_back(tmp_path: Path) -> None:
    async with SlackStandIn() as slack, hub_at(tmp_path, slack=slack) as hub, Citizen(hub.url) as maria:
        await slack.wait_for(lambda: slack.connected == 1)
        await maria.start("Buongiorno")
        root = (await slack.wait_for(slack.messages))[0]
        await slack.operator_says("anna", "!done", thread_ts=root.ts)
        await slack.wait_for(lambda: "recapiti" in slack.thread(root.ts)[-1].text)
        assert (await maria.say("Ci siete?")).status_code == 201


async def test_what_is_open_is_listed_once_a_day_the_oldest_first(
    office: Office,
) -> None:
    old = await office.left("old", name="Ada")
    row = (await office.hub.hub.store.callbacks(open_only=True, limit=1))[0][1]
    new = await office.left("new", name="Bea")
    done = await office.left("done", name="Cleo")
    root = await office.on_slack(done)
    await office.slack.operator_presses("anna", root.ts, "done")
    await office.slack.wait_for(lambda: office.slack.thread(root.ts)[0].buttons == ())

    office.hub.clock.at = datetime.fromtimestamp(row.created_at / 1000, ROME) + timedelta(days=3)
    for _ in range(2):
        await office.hub.hub.list_open_callbacks()
        await office.hub.hub.remind_of_callbacks()

    lists = await office.slack.wait_for(
        lambda: [m.text for m in office.slack.messages() if "Da richiamare:" in m.text]
    )
    assert len(lists) == 1
    lines = [line for line in lists[0].splitlines() if re.search(r"[A-Z]{2}-\d{4}", line)]
    assert [re.search(r"[A-Z]{2}-\d{4}", line)[0] for line in lines] == [old, new]  # type: ignore[index]
    assert lines[0].startswith("⏰")
    assert "Ada" in lines[0]
    root = await office.on_slack(old)
    await office.slack.wait_for(lambda: len(office.slack.thread(root.ts)) == 2)
    assert "Aspetta di essere richiamato dal" in office.slack.thread(root.ts)[1].text


async def test_opening_posts_the_list_by_itself(office: Office) -> None:
    reference = await office.left()
    await office.on_slack(reference)
    office.hub.clock.at = MONDAY
    await office.hub.hub.office_switched(is_open=True, at=MONDAY)
    texts = await office.slack.wait_for(
        lambda: [m.text for m in office.slack.messages() if "Da richiamare:" in m.text]
    )
    assert reference in texts[0]


@pytest.mark.parametrize("typed", ["{}", " {} "])
async def test_the_citizen_may_ask_how_far_it_is_in_any_spelling(office: Office, typed: str) -> None:
    reference = await office.left()
    for spelling in (reference, reference.lower(), reference.replace("-", " "), reference.replace("-", "")):
        assert await office.state(typed.format(spelling)) == "new"
    answer = await office.http.get(f"/api/callbacks/{reference}")
    assert set(answer.json()) == {"reference", "state"}
    assert (await office.http.get("/api/callbacks/XX-0000x")).status_code == 404


async def test_a_chat_that_nobody_answers_becomes_a_callback_without_typing_again(tmp_path: Path) -> None:
    async with SlackStandIn() as slack, hub_at(tmp_path, slack=slack) as hub, Citizen(hub.url) as maria:
        await slack.wait_for(lambda: slack.connected == 1)
        await maria.start("Mi serve un certificato di residenza")
        root = (await slack.wait_for(slack.messages))[0]
        body = {
            "client_id": "cb",
            "name": "Maria",
            "phone": "0551234567",
            "consent": True,
            "conversation": maria.id,
        }
        stranger = await maria.http.post("/api/callbacks", json=body)
        assert stranger.status_code == 401
        answer = await maria.http.post("/api/callbacks", json=body, headers=maria.headers)
        assert answer.status_code == 201, answer.text
        reference = answer.json()["reference"]
        again = await maria.http.post(
            "/api/callbacks", json=body | {"client_id": "other"}, headers=maria.headers
        )
        assert (again.status_code, again.json()["reference"]) == (200, reference)
        await slack.wait_for(lambda: len(slack.thread(root.ts)) == 2)
        shown = slack.thread(root.ts)[1]
        assert reference in shown.text
        assert "+39 055 123 4567" in shown.text
        assert "done" in shown.buttons
        await slack.operator_presses("anna", shown.ts, "done")
        found = await hub.hub.store.conversation(maria.id)
        while found is None or found.state != "closed":
            found = await hub.hub.store.conversation(maria.id)


async def test_a_message_needs_a_text_where_no_conversation_has_it(office: Office) -> None:
    body = {"client_id": "x", "name": "Maria", "phone": "0551234567", "consent": True}
    answer = await office.http.post("/api/callbacks", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"at": "text", "detail": "text is needed, unless a conversation has it"}
    ]


@pytest_asyncio.fixture(name="desk")
async def desk_fixture(office: Office) -> AsyncIterator[httpx.AsyncClient]:
    """Luca, signed in at the desk."""
    async with httpx.AsyncClient(base_url=office.hub.url, timeout=30, follow_redirects=True) as desk:
        page = await desk.get(office.hub.desk_link)
        await desk.post("/desk/login", data={"csrf": csrf(page.text), "name": "Luca Verdi"})
        yield desk


def csrf(page: str) -> str:
    """The page's own token."""
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found
    return found[1]


async def test_the_desk_lists_them_and_works_on_them(office: Office, desk: httpx.AsyncClient) -> None:
    reference = await office.left()
    page = (await desk.get("/desk")).text
    assert reference in page
    row = (await office.hub.hub.store.callbacks(open_only=True, limit=1))[0][1]
    for gesture, shown in (("take", "preso"), ("tried", "nessuna risposta ×1")):
        answer = await desk.post(f"/desk/{row.id}/{gesture}", data={"csrf": csrf(page), "back": "list"})
        assert answer.status_code == 200
        assert shown in answer.text
        assert "Luca Verdi" in answer.text
    gone = await desk.post(f"/desk/{row.id}/done", data={"csrf": csrf(page), "back": "list"})
    assert reference not in gone.text
    assert reference in (await desk.get("/desk?callbacks=all")).text
    kinds = [entry.kind for entry in await office.hub.hub.store.entries(row.id)]
    assert kinds == [What.CALLBACK, What.OPERATOR, What.TRIED, What.CLOSED]


async def test_the_table_opens_in_a_spreadsheet_and_calculates_nothing(
    office: Office, desk: httpx.AsyncClient
) -> None:
    reference = await office.left(name="=cmd|' /C calc'!A0", text='uno; "due"\ntre')
    answer = await desk.get("/desk/callbacks.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    assert answer.content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert len(rows) == 2
    one = dict(zip(rows[0], rows[1], strict=True))
    assert one["Riferimento"] == reference
    assert one["Nome"] == "'=cmd|' /C calc'!A0"
    assert one["Telefono"] == "'+39 055 123 4567"
    assert one["Messaggio"] == 'uno; "due"\ntre'
    async with httpx.AsyncClient(base_url=office.hub.url) as stranger:
        assert (await stranger.get("/desk/callbacks.csv")).status_code == 401


async def test_on_slack_number_and_address_are_at_a_touch(office: Office) -> None:
    reference = await office.left(email="maria_rossi@posta.example")
    root = await office.on_slack(reference)
    marked = [
        element["text"]
        for block in root.wire.blocks
        if block["type"] == "context"
        for element in block["elements"]
        if element["type"] == "mrkdwn"
    ]
    assert marked[:2] == [
        "Telefono: <tel:+390551234567|+39 055 123 4567>",
        "E-mail: <mailto:maria_rossi@posta.example|maria_rossi@posta.example>",
    ]


async def test_the_desk_shows_a_part_of_them_and_the_table_follows(tmp_path: Path) -> None:
    departments = [{"name": "Tributi", "when": {"page": "*/tributi/*"}}, {"name": "Anagrafe"}]
    clock = Clock(SUNDAY)
    async with (
        hub_at(tmp_path, clock=clock, hours=WEEK, departments=departments) as hub,
        httpx.AsyncClient(base_url=hub.url, timeout=30, follow_redirects=True) as desk,
    ):
        rows = {}
        for name in ("Ada", "Bea", "Cleo", "Dora"):
            page = {"page": "https://www.comune.example/tributi/imu"} if name == "Bea" else {}
            body = {"client_id": name, **MARIA, "name": name, **page}
            reference = (await desk.post("/api/callbacks", json=body)).json()["reference"]
            found = await hub.hub.callback_progress(reference)
            assert found is not None
            rows[name] = found[0].conversation_id
        signed = await desk.get(hub.desk_link)
        await desk.post("/desk/login", data={"csrf": csrf(signed.text), "name": "Luca Verdi"})
        key = {"csrf": csrf((await desk.get("/desk")).text), "back": "list"}
        await desk.post(f"/desk/{rows['Bea']}/take", data=key)
        await desk.post(f"/desk/{rows['Cleo']}/tried", data=key)
        still_there = await desk.post(f"/desk/{rows['Dora']}/done", data=key | {"callbacks": "done"})
        assert "<h3>Dora</h3>" in still_there.text, "the filter stays where it was"

        for query, names in {
            "": {"Ada", "Bea", "Cleo"},
            "callbacks=mine": {"Bea", "Cleo"},
            "callbacks=tried": {"Cleo"},
            "callbacks=done": {"Dora"},
            "callbacks=all": {"Ada", "Bea", "Cleo", "Dora"},
            "callbacks=nonsense": {"Ada", "Bea", "Cleo"},
            "department=Tributi": {"Bea"},
            "callbacks=done&department=Tributi": set(),
        }.items():
            shown = (await desk.get(f"/desk?{query}")).text
            assert set(re.findall(r"<h3>(\w+)</h3>", shown)) == names, query
            link = re.search(r'href="(/desk/callbacks\.csv[^"]*)"', shown)
            assert link
            table = await desk.get(link[1].replace("&amp;", "&"))
            lines = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig")), delimiter=";"))
            assert {line["Nome"] for line in lines} == names, query
