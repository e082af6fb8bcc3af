"""An operator's own message bears a sign: the citizen's page has it, or nobody is there to read it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from models.engine import writer_engine
from models.tables import now_ms
from routing.signs import AWAY_AFTER
from tests import hub
from tests.citizen import Citizen
from tests.hub import RunningHub, hub_at
from tests.office import soon, texts, until
from tests.platforms.mail import MailStandIn
from tests.platforms.slack import BOT_SCOPES, Ratelimited, SlackStandIn
from tests.platforms.telegram import FloodWait, TelegramStandIn
from tests.platforms.telegram import Refused as TelegramRefused
from tests.simulation import SimulatedClock

READ, GONE = "👀", "😴"
_ON_SLACK = {"eyes": READ, "sleeping": GONE}
_TOLD = "non ha la pagina aperta"
PATIENCE = 40.0

on_both = pytest.mark.parametrize("platform", ["slack", "telegram"])


class WaitingClock(SimulatedClock):
    """Runs with the machine's, set forward by the test; what waits, waits until the test says so."""

    def now(self) -> int:
        return now_ms() + self.set_forward

    async def sleep(self, seconds: float) -> None:
        """Waits for room are short, and the machine's own."""
        await (super().sleep(seconds) if seconds > AWAY_AFTER / 2 else asyncio.sleep(seconds))


@dataclass
class Office:
    """An office that answers from one platform, and what its people do and see there, whichever it is."""

    platform: str
    folder: Path
    slack: SlackStandIn = field(default_factory=SlackStandIn)
    telegram: TelegramStandIn = field(default_factory=TelegramStandIn)
    clock: WaitingClock = field(default_factory=WaitingClock)
    calls_before: int = 0

    @property
    def stand_in(self) -> Any:
        return self.slack if self.platform == "slack" else self.telegram

    @asynccontextmanager
    async def open(self) -> AsyncIterator[RunningHub]:
        """The hub runs; again on the same folder, it is the same office after a restart."""
        async with hub_at(self.folder, **{self.platform: self.stand_in}) as running:
            running.hub.signs._clock = self.clock
            running.hub.journal._now = self.clock.now
            await soon(lambda: running.hub.bridges[self.platform].health.connected)
            yield running

    async def wait_for(self, condition: Callable[[], object]) -> Any:
        return await self.stand_in.wait_for(condition, PATIENCE)

    @property
    def place(self) -> Any:
        """The conversation's thread, the first there is."""
        return self.slack.messages()[0].ts if self.platform == "slack" else self.telegram.topics()[0].id

    def thread(self) -> list[Any]:
        """What stands in it."""
        return [*self.stand_in.thread(self.place)]

    async def asked(self, maria: Citizen) -> None:
        """Maria has asked, and the operators have it."""
        assert (await maria.start("Buongiorno", name="Maria Rossi")).status_code == 201
        await self.wait_for(self.slack.messages if self.platform == "slack" else self.telegram.topics)
        await self.wait_for(self.thread)

    async def says(self, text: str) -> Any:
        """Anna replies in it."""
        if self.platform == "slack":
            return await self.slack.operator_says("anna", text, thread_ts=self.place)
        return await self.telegram.operator_says("anna", text, thread=self.place)

    def signs(self, message: Any) -> set[str]:
        """The signs on a message."""
        which = next(m for m in self.thread() if message == (m.ts if self.platform == "slack" else m.id))
        return {_ON_SLACK.get(name, name) for name in which.reactions}

    async def signed(self, message: Any, *signs: str) -> None:
        """Return once the message bears these and no others."""
        await self.wait_for(lambda: self.signs(message) == set(signs))

    def calls(self) -> int:
        """How often the bridge asked for a sign."""
        return sum(call.method in ("reactions.add", "setMessageReaction") for call in self.stand_in.calls)

    def told(self) -> int:
        """How often the operators were told that the citizen is gone."""
        return sum(_TOLD in message.text for message in self.thread())

    def told_of_erasure(self) -> int:
        """How often the operators were told that the conversation is no more."""
        return sum("ha cancellato i suoi dati" in message.text for message in self.thread())

    def told_again(self) -> int:
        """How often whoever wrote on was told that nobody reads it."""
        words = ("non arriva più a nessuno", "non è arrivato a nessun cittadino")
        return sum(any(one in message.text for one in words) for message in self.thread())

    def keeps_its_topics(self) -> None:
        """On Telegram the bot may not delete topics, so that operators can still write there."""
        if self.platform == "telegram":
            self.telegram.set_rights(can_delete_messages=False)

    async def nobody_comes(self) -> None:
        """The time passes for which a page is waited for."""
        await soon(lambda: any(not alarm.done() for _, _, alarm in self.clock._timers))
        self.clock.set_forward += int(AWAY_AFTER * 1000) + 1
        assert self.clock.jump()

    async def settled(self, running: RunningHub) -> None:
        """All that the hub does for its signs is done, but for waiting."""
        await soon(lambda: len(running.hub.signs._tasks) == len(running.hub.signs._newest))


@asynccontextmanager
async def office_at(folder: Path, platform: str) -> AsyncIterator[Office]:
    """The office, closed yet."""
    office = Office(platform, folder)
    async with office.stand_in:
        yield office


async def reads(running: RunningHub, maria: Citizen, text: str) -> None:
    """A page of Maria's opens, shows the text, and closes once the hub has noted it."""
    async with maria.listening() as stream, asyncio.timeout(PATIENCE):
        while (event := await stream.next("message")).data["text"] != text:
            pass
        while True:
            row = await running.hub.store.conversation(maria.id)
            if row is not None and row.had_seq >= event.data["seq"]:
                return
            await asyncio.sleep(0.005)


@on_both
async def test_the_sign_says_that_an_open_page_has_it(tmp_path: Path, platform: str) -> None:
    async with (
        office_at(tmp_path, platform) as office,
        office.open() as running,
        Citizen(running.url) as maria,
    ):
        await office.asked(maria)
        async with maria.listening() as stream:
            await stream.next("message")
            message = await office.says("Alle 8")
            assert (await stream.next("message")).data["text"] == "Alle 8"
            await office.signed(message, READ)
        await office.settled(running)
        assert not office.told()


@on_both
async def test_who_is_gone_is_told_once_and_a_late_reader_turns_the_sign(
    tmp_path: Path, platform: str
) -> None:
    async with (
        office_at(tmp_path, platform) as office,
        office.open() as running,
        Citizen(running.url) as maria,
    ):
        await office.asked(maria)
        first = await office.says("Alle 8")
        second = await office.says("o alle 9")
        await until(running, maria, lambda found: "o alle 9" in texts(found))
        assert not office.signs(first)
        await office.nobody_comes()
        await office.signed(first, GONE)
        await office.signed(second, GONE)
        await office.wait_for(office.told)
        third = await office.says("o alle 10")
        await until(running, maria, lambda found: "o alle 10" in texts(found))
        await office.nobody_comes()
        await office.signed(third, GONE)
        assert office.told() == 1

        await reads(running, maria, "o alle 10")
        for message in (first, second, third):
            await office.signed(message, READ)

        fourth = await office.says("o alle 11")
        await until(running, maria, lambda found: "o alle 11" in texts(found))
        await office.nobody_comes()
        await office.signed(fourth, GONE)
        await office.wait_for(lambda: office.told() == 2)


@on_both
async def test_a_page_that_polls_has_what_its_answer_carried(tmp_path: Path, platform: str) -> None:
    async with (
        office_at(tmp_path, platform) as office,
        office.open() as running,
        Citizen(running.url) as maria,
    ):
        await office.asked(maria)
        message = await office.says("Alle 8")
        await until(running, maria, lambda found: "Alle 8" in texts(found))
        piece = await maria.http.get(
            f"/api/conversations/{maria.id}/events?wait=25", headers=maria.headers | {"Last-Event-ID": "1"}
        )
        assert "Alle 8" in piece.text
        await office.signed(message, READ)


async def test_a_page_without_scripts_has_what_it_showed(tmp_path: Path) -> None:
    async with (
        office_at(tmp_path, "slack") as office,
        office.open() as running,
        Citizen(running.url) as maria,
    ):
        await office.asked(maria)
        message = await office.says("Alle 8")
        await until(running, maria, lambda found: "Alle 8" in texts(found))
        async with httpx.AsyncClient(base_url=running.url, timeout=30, trust_env=False) as browser:
            browser.cookies.set("chat", f"{maria.id}.{maria.token}", path="/chat")
            assert "Alle 8" in (await browser.get("/chat")).text
        await office.signed(message, READ)


async def test_what_a_page_says_that_it_has_is_had(tmp_path: Path) -> None:
    """The answer to a first try was lost on its way from us to the page's proxy, for all we know."""
    async with (
        office_at(tmp_path, "slack") as office,
        office.open() as running,
        Citizen(running.url) as maria,
    ):
        await office.asked(maria)
        message = await office.says("Alle 8")
        found = await until(running, maria, lambda found: "Alle 8" in texts(found))
        async with maria.listening(last=found[-1].seq) as stream:
            await stream.next("delivered")
            await office.signed(message, READ)


@on_both
async def test_two_pages_a_reload_and_events_told_again_sign_once(tmp_path: Path, platform: str) -> None:
    async with (
        office_at(tmp_path, platform) as office,
        office.open() as running,
        Citizen(running.url) as maria,
    ):
        await office.asked(maria)
        async with maria.listening() as one, maria.listening() as other:
            message = await office.says("Alle 8")
            for stream in (one, other):
                while (await stream.next("message")).data["text"] != "Alle 8":
                    pass
            await office.signed(message, READ)
        await reads(running, maria, "Alle 8")
        again = (
            office.slack.socket_mode.redeliver(acked=True)
            if platform == "slack"
            else office.telegram.redeliver()
        )
        assert again
        later = await office.says("o alle 9")
        await reads(running, maria, "o alle 9")
        await office.signed(later, READ)
        await office.settled(running)
        assert office.calls() == 2


@on_both
async def test_after_a_restart_nothing_old_is_signed_and_nobody_is_forgotten(
    tmp_path: Path, platform: str
) -> None:
    async with office_at(tmp_path, platform) as office:
        async with office.open() as running, Citizen(running.url) as maria:
            await office.asked(maria)
            read = await office.says("Alle 8")
            await until(running, maria, lambda found: "Alle 8" in texts(found))
            await reads(running, maria, "Alle 8")
            await office.signed(read, READ)
            unread = await office.says("o alle 9")
            await until(running, maria, lambda found: "o alle 9" in texts(found))
            identity = maria.id, maria.token
        calls = office.calls()
        await asyncio.to_thread(_make_older, tmp_path, AWAY_AFTER)
        async with office.open() as running, Citizen(running.url) as maria:
            maria.id, maria.token = identity
            await office.signed(unread, GONE)
            await office.wait_for(office.told)
            await reads(running, maria, "o alle 9")
            await office.signed(unread, READ)
            await office.settled(running)
            assert office.calls() == calls + 2
            assert office.told() == 1


def _make_older(folder: Path, seconds: float) -> None:
    """What was written was written so much earlier."""
    engine = writer_engine(hub.database_at(folder))
    with engine.begin() as connection:
        earlier = {"by": int(seconds * 1000)}
        connection.execute(text("UPDATE entry SET created_at = created_at - :by"), earlier)
    engine.dispose()


@on_both
async def test_where_signs_may_not_be_put_all_else_goes_on(tmp_path: Path, platform: str) -> None:
    async with office_at(tmp_path, platform) as office:
        office.slack.scopes = BOT_SCOPES - {"reactions:write"}
        office.telegram.faults.add("setMessageReaction", TelegramRefused("REACTION_INVALID"), times=None)
        async with office.open() as running, Citizen(running.url) as maria:
            await office.asked(maria)
            await office.says("Alle 8")
            await until(running, maria, lambda found: "Alle 8" in texts(found))
            await reads(running, maria, "Alle 8")
            health = running.hub.bridges[platform].health
            await soon(lambda: any(key.startswith("signs") for key in health.details))
            assert health.problem is None
            await office.says("o alle 9")
            await until(running, maria, lambda found: "o alle 9" in texts(found))
            await reads(running, maria, "o alle 9")
            await maria.say("Grazie")
            await office.wait_for(lambda: "Grazie" in office.thread()[-1].text)
            await office.settled(running)
            assert office.calls() == 1


@on_both
async def test_a_sign_that_comes_too_fast_is_dropped_and_holds_up_no_post(
    tmp_path: Path, platform: str
) -> None:
    async with office_at(tmp_path, platform) as office:
        office.slack.faults.add("reactions.add", Ratelimited(retry_after=3600))
        office.telegram.faults.add("setMessageReaction", FloodWait(retry_after=3600))
        async with office.open() as running, Citizen(running.url) as maria:
            await office.asked(maria)
            for text in ("Alle 8", "o alle 9"):
                message = await office.says(text)
                await until(running, maria, lambda found, text=text: text in texts(found))
                await reads(running, maria, text)
                await office.wait_for(office.calls)
            await maria.say("Grazie")
            await office.wait_for(lambda: "Grazie" in office.thread()[-1].text)
            await office.settled(running)
            assert office.calls() == 1
            assert not office.signs(message)


@on_both
async def test_signs_are_dropped_while_posts_wait_for_room(tmp_path: Path, platform: str) -> None:
    async with (
        office_at(tmp_path, platform) as office,
        office.open() as running,
        Citizen(running.url) as maria,
    ):
        await office.asked(maria)
        bridge = running.hub.bridges[platform]
        chat = bridge.destination(None)
        assert chat is not None
        for budget in bridge.budgets(chat):
            budget.hold(time.monotonic(), 3600)
        message = await office.says("Alle 8")
        await until(running, maria, lambda found: "Alle 8" in texts(found))
        await reads(running, maria, "Alle 8")
        await office.settled(running)
        assert not office.calls()
        assert not office.signs(message)


@on_both
async def test_a_conversation_erased_before_it_was_read_is_signed_so(tmp_path: Path, platform: str) -> None:
    async with (
        office_at(tmp_path, platform) as office,
        office.open() as running,
        Citizen(running.url) as maria,
    ):
        office.keeps_its_topics()
        await office.asked(maria)
        message = await office.says("Alle 8")
        await until(running, maria, lambda found: "Alle 8" in texts(found))
        assert (await maria.call("DELETE", "")).status_code == 204
        await office.signed(message, GONE)
        await office.wait_for(lambda: office.told_of_erasure() == 1)


async def on_record(running: RunningHub, maria: Citizen, platform: str) -> None:
    """Return once the hub knows where the conversation is shown, which it learns from the platform's answer."""
    async with asyncio.timeout(PATIENCE):
        while True:
            if await running.hub.store.thread(maria.id, platform) is not None:
                return
            await asyncio.sleep(0.005)


@on_both
async def test_who_writes_on_in_an_erased_conversation_is_told_once(tmp_path: Path, platform: str) -> None:
    async with office_at(tmp_path, platform) as office:
        async with office.open() as running, Citizen(running.url) as maria:
            office.keeps_its_topics()
            await office.asked(maria)
            await on_record(running, maria, platform)
            await office.says("Un momento")
            await until(running, maria, lambda found: "Un momento" in texts(found))
            assert (await maria.call("DELETE", "")).status_code == 204
            await office.wait_for(lambda: office.told_of_erasure() == 1)
            if platform == "telegram":  # only who opens it again can write there
                topic = office.telegram.topics()[0].id
                await office.wait_for(lambda: office.telegram.topics()[0].is_closed)
                await office.telegram.operator_reopens_topic("anna", topic)
            for text in ("Alle 8", "o alle 9"):
                await office.signed(await office.says(text), GONE)
            assert office.told_of_erasure() == 1
            assert office.told_again() == 1
            outside = office.slack.messages() if platform == "slack" else office.telegram.messages()
            assert len(outside) == (1 if platform == "slack" else 0), "nothing is said elsewhere"
        if platform == "slack":  # it can look what a thread says; a bot on Telegram cannot
            async with office.open():
                await office.signed(await office.says("o alle 10"), GONE)
                assert office.told_again() == 1


async def test_a_reply_to_what_was_told_to_the_whole_office_leaves_it_as_it_is(tmp_path: Path) -> None:
    async with office_at(tmp_path, "slack") as office, office.open() as running:
        await running.hub.announce("test/notice", "Domani chiuso")
        (notice,) = await office.wait_for(office.slack.messages)
        await office.slack.operator_says("anna", "Va bene", thread_ts=notice.ts)
        await office.slack.operator_says("anna", "!hours", thread_ts=notice.ts)
        await office.wait_for(lambda: len(office.slack.messages()) == 2)  # the answer to the command
        assert office.slack.messages()[0].text == notice.text == "Domani chiuso"


async def test_a_letter_is_had_once_the_mail_server_has_taken_it(tmp_path: Path) -> None:
    async with (
        MailStandIn() as mail,
        SlackStandIn() as slack,
        hub_at(tmp_path, slack=slack, mail=mail) as running,
    ):
        await slack.wait_for(lambda: slack.connected == 1, PATIENCE)
        body = {
            "client_id": "c1", "name": "Maria", "email": "maria@posta.example", "text": "Il certificato?",
            "consent": True,
        }  # fmt: skip
        async with httpx.AsyncClient(base_url=running.url, timeout=30, trust_env=False) as http:
            assert (await http.post("/api/callbacks", json=body)).status_code == 201
        (root,) = await slack.wait_for(slack.messages, PATIENCE)
        ts = await slack.operator_says("anna", "È pronto", thread_ts=root.ts)
        await slack.wait_for(
            lambda: any(m.ts == ts and "eyes" in m.reactions for m in slack.thread(root.ts)), PATIENCE
        )
        assert any("È pronto" in str(letter.get_body(("plain",)).get_content()) for letter in mail.letters)
