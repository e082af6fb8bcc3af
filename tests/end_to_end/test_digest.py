"""The digest: what the day was, and once a week with a picture; each told once, whatever happens to the program."""

import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from PIL import Image

from tests.citizen import Citizen
from tests.hub import Clock, RunningHub, hub_at
from tests.platforms.slack import Shown, SlackStandIn
from tests.platforms.telegram import Shown as TelegramShown
from tests.platforms.telegram import TelegramStandIn
from tests.slack_office import slack_fixture  # noqa: F401 - used by name
from tests.telegram_office import PATIENCE, telegram_fixture  # noqa: F401 - used by name

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAYS = dict.fromkeys(WEEK, "08:00-12:00, 13:00-18:00")
SIGN = "📊"


@dataclass
class Today:
    """The real day, in a place of the world where it is late morning: what is written now is written in it."""

    zone: str
    now: datetime

    def at(self, hour: int, minute: int = 0, *, days: int = 0) -> datetime:
        """A moment of this day, or of another."""
        day = self.now.date() + timedelta(days=days)
        return datetime.combine(day, time(hour, minute), ZoneInfo(self.zone))

    @property
    def weekday(self) -> str:
        """Its name in ``config.yaml``."""
        return WEEK[self.now.weekday()]


@pytest.fixture
def today() -> Today:
    """Where it is between 10 and 11 o'clock."""
    now = datetime.now(ZoneInfo("UTC"))
    ahead = (10 - now.hour + 12) % 24 - 12
    zone = f"Etc/GMT{-ahead:+d}"
    return Today(zone, now.astimezone(ZoneInfo(zone)))


def configured(today: Today, **changes: Any) -> dict[str, Any]:
    """An office of this place, with these hours each day."""
    return {"office": {"name": "URP", "timezone": today.zone}, "hours": DAYS} | changes


@pytest_asyncio.fixture
async def office(
    tmp_path: Path, slack: SlackStandIn, telegram: TelegramStandIn, today: Today
) -> AsyncIterator[RunningHub]:
    """An office that answers from both, on this day."""
    settings = configured(today, digest={"daily": True, "weekly": "never"})
    async with hub_at(
        tmp_path, slack=slack, telegram=telegram, clock=Clock(today.now), **settings
    ) as running:
        await slack.wait_for(lambda: slack.connected == 1, PATIENCE)
        yield running


def on_slack(slack: SlackStandIn) -> list[Shown]:
    """The digests in the channel."""
    return [message for message in slack.messages() if SIGN in message.text]


def on_telegram(telegram: TelegramStandIn) -> list[TelegramShown]:
    """The digests in the group."""
    return [message for message in telegram.messages() if SIGN in message.text]


async def a_day(office: RunningHub, slack: SlackStandIn) -> None:
    """One citizen is answered and content, one is not answered, one leaves a number."""
    async with Citizen(office.url) as maria, Citizen(office.url) as luigi:
        await maria.start("Quanto pago?", name="Maria")
        (root,) = await slack.wait_for(slack.messages, PATIENCE)
        await slack.operator_says("anna", "30 euro", thread_ts=root.ts)
        async with maria.listening(0) as stream:
            while (await stream.next("message")).data["text"] != "30 euro":
                pass
        await maria.call("POST", "/rating", json={"score": 2})
        await maria.call("POST", "/rating", json={"score": 4})
        await luigi.start("C'è qualcuno?", name="Luigi")
        body = {
            "client_id": "c" * 16,
            "name": "Ada",
            "phone": "+39 055 123456",
            "text": "Chiamate",
            "consent": True,
        }
        assert (await maria.http.post("/api/callbacks", json=body)).status_code == 201


async def test_the_day_is_told_once_on_both_with_what_it_was(
    office: RunningHub, slack: SlackStandIn, telegram: TelegramStandIn, today: Today
) -> None:
    await a_day(office, slack)
    office.clock.at = today.at(12, 1)  # the lunch break ends no day
    await office.hub.keep_hours()
    office.clock.at = today.at(18, 1)
    for _ in range(3):
        await office.hub.keep_hours()
    (told,) = await slack.wait_for(lambda: on_slack(slack), PATIENCE)
    title, *lines = told.text.splitlines()
    assert title == f"📊 Com'è andata il {today.now:%d/%m/%Y}"
    assert lines[0] == "• Conversazioni: 2 (senza risposta: 1)"
    assert lines[1].startswith("• Prima risposta, metà delle volte entro: ")
    assert lines[2:] == [
        "• Messaggi con recapiti: 1",
        "• Ancora da richiamare: 1",
        "• Valutazione: 4,0/5 (1)",
    ]
    await telegram.wait_for(lambda: on_telegram(telegram), PATIENCE)
    await office.hub.announce("afterwards", "fine")
    await slack.wait_for(lambda: slack.messages()[-1].text == "fine", PATIENCE)
    await telegram.wait_for(lambda: telegram.messages()[-1].text == "fine", PATIENCE)
    assert (len(on_slack(slack)), len(on_telegram(telegram))) == (1, 1)


async def test_a_day_in_which_nothing_happened_is_quiet(
    office: RunningHub, slack: SlackStandIn, today: Today
) -> None:
    office.clock.at = today.at(18, 1)
    await office.hub.keep_hours()
    await office.hub.announce("afterwards", "fine")
    await slack.wait_for(lambda: [m for m in slack.messages() if m.text == "fine"], PATIENCE)
    assert on_slack(slack) == []


@pytest.mark.parametrize(("late", "told"), [(timedelta(hours=9), 1), (timedelta(days=3), 0)])
async def test_a_program_that_was_off_at_closing_time_tells_it_late_once_or_never(
    tmp_path: Path, slack: SlackStandIn, today: Today, late: timedelta, told: int
) -> None:
    settings = configured(today, digest={"weekly": "never"})
    async with hub_at(tmp_path, slack=slack, clock=Clock(today.now), **settings) as office:
        await a_day(office, slack)
    for number in range(2):
        async with hub_at(tmp_path, slack=slack, clock=Clock(today.at(18) + late), **settings) as office:
            await office.hub.keep_hours()
            await office.hub.announce(f"afterwards {number}", f"fine {number}")
            await slack.wait_for(
                lambda number=number: [m for m in slack.messages() if m.text == f"fine {number}"], PATIENCE
            )
            assert len(on_slack(slack)) == told


async def test_the_week_is_told_with_a_picture_on_both_once(
    tmp_path: Path, slack: SlackStandIn, telegram: TelegramStandIn, today: Today
) -> None:
    settings = configured(today, digest={"daily": False, "weekly": today.weekday})
    async with hub_at(tmp_path, slack=slack, telegram=telegram, clock=Clock(today.now), **settings) as office:
        await a_day(office, slack)
    for _ in range(2):
        async with hub_at(
            tmp_path, slack=slack, telegram=telegram, clock=Clock(today.at(18, 1)), **settings
        ) as office:
            await office.hub.keep_hours()
            await slack.wait_for(lambda: [m for m in slack.messages() if m.files], PATIENCE)
            await telegram.wait_for(lambda: [m for m in telegram.messages() if m.file], PATIENCE)
    (on_group,) = [message for message in telegram.messages() if message.file]
    begin = today.now - timedelta(days=6)
    assert f"La settimana dal {begin:%d/%m} al {today.now:%d/%m/%Y}" in on_group.text
    assert "• Conversazioni: 2 (senza risposta: 1)" in on_group.text
    assert on_group.file == f"settimana-{today.now.date().isoformat()}.png"
    assert on_group.wire.file is not None
    picture = Image.open(io.BytesIO(on_group.wire.file.content))
    assert (picture.format, picture.mode) == ("PNG", "RGB")
    assert picture.width <= 1280
    (in_channel,) = [message for message in slack.messages() if message.files]
    assert in_channel.files == (on_group.file,)
    assert len(on_slack(slack)) == 1


async def test_a_week_ends_with_its_last_opening_where_its_last_day_is_closed(
    tmp_path: Path, slack: SlackStandIn, today: Today
) -> None:
    tomorrow = WEEK[(today.now.weekday() + 1) % 7]
    hours = {day: DAYS[day] for day in WEEK if day != tomorrow}
    settings = configured(today, hours=hours, digest={"daily": False, "weekly": tomorrow})
    async with hub_at(tmp_path, slack=slack, clock=Clock(today.now), **settings) as office:
        await a_day(office, slack)
        office.clock.at = today.at(18, 1)
        await office.hub.keep_hours()
        (told,) = await slack.wait_for(lambda: on_slack(slack), PATIENCE)
        assert f"al {today.now + timedelta(days=1):%d/%m/%Y}" in told.text
