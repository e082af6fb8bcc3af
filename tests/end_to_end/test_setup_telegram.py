"""``./linea setup telegram``: the real program on a terminal, a person who types, and Telegram's stand-in."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.platforms.faults import HangUp
from tests.platforms.telegram import TelegramStandIn
from tests.platforms.telegram.faults import Refused
from tests.platforms.telegram.records import Kind
from tests.wizard import Place, Wizard, piped, wizard

TOKEN = "The bot's token (it is not shown):"
AGAIN = "Another token, or Enter to try the same again:"
GROUP = "or type the group's number (-100…):"
CONFIG = """\
office: {name: URP, language: en}     # the office
hours: {mon: 08:30-13:00}
bridges: {}   # none yet
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A configuration with comments and brackets, and no bridge."""
    return Place(tmp_path, CONFIG)


@pytest_asyncio.fixture
async def telegram() -> AsyncIterator[TelegramStandIn]:
    """Telegram, with a group that has topics and the bot as its administrator."""
    async with TelegramStandIn() as stand_in:
        yield stand_in


def words(telegram: TelegramStandIn) -> tuple[str, ...]:
    return ("telegram", "--api-url", telegram.api_url)


def nothing_is_told(shown: str, telegram: TelegramStandIn) -> None:
    """The token was never shown, nor its secret half."""
    assert telegram.token.partition(":")[2] not in shown
    assert "Traceback" not in shown


def written(telegram: TelegramStandIn, chat: int) -> str:
    """The configuration with the group in it."""
    line = f'bridges: {{telegram: {{chat: {chat}, api_url: "{telegram.api_url}"}}}}   # none yet'
    return CONFIG.replace("bridges: {}   # none yet", line)


async def finds_the_group(running: Wizard, telegram: TelegramStandIn) -> None:
    """By writing in it."""
    await running.types(telegram.token, after=TOKEN)
    await running.sees("Write /hello@linea_diretta_bot in the group")
    await telegram.operator_says("anna", "/hello@linea_diretta_bot")
    await running.types("", after=GROUP)
    await running.sees("This is the group “URP”.")


async def test_it_leads_from_nothing_to_a_test_message(telegram: TelegramStandIn, place: Place) -> None:
    async with wizard(place.config, *words(telegram)) as running:
        await running.sees("search for @BotFather")
        await finds_the_group(running, telegram)
        assert await running.ends() == 0
        nothing_is_told(running.shown, telegram)
    assert "this is a test" in telegram.messages()[-1].text
    assert (place.secrets, place.mode) == (f"TELEGRAM_BOT_TOKEN={telegram.token}\n", 0o600)
    assert place.text == written(telegram, telegram.chat)
    # What waited for a hub still waits: nothing was confirmed, and no kind of update was unsubscribed.
    assert len(telegram.pending()) == 1


async def test_through_a_pipe_and_in_italian_it_does_the_same(
    telegram: TelegramStandIn, place: Place
) -> None:
    place.text = CONFIG.replace("language: en", "language: it")
    ran = await piped(place.config, *words(telegram), answers=[telegram.token, str(telegram.chat)])
    assert (ran.status, ran.errors) == (0, "")
    assert "Fatto." in ran.out
    nothing_is_told(ran.out, telegram)
    assert "questa è una prova" in telegram.messages()[-1].text


async def test_each_wrong_token_and_number_is_told_and_asked_again(
    telegram: TelegramStandIn, place: Place
) -> None:
    telegram.faults.add("getMe", HangUp(), when=lambda _: len(telegram.calls) > 1)
    wrong = f"{telegram.token.partition(':')[0]}:AAthisIsAnotherSecretOfNobody12345"
    async with wizard(place.config, *words(telegram)) as running:
        await running.types("xoxb-1", after=TOKEN)
        await running.sees("That is no bot token")
        await running.types(wrong, after=AGAIN)
        await running.sees("Telegram refuses this token.")
        await running.types(telegram.token, after=AGAIN)
        await running.sees("Telegram cannot be asked (")
        await running.types("", after=AGAIN)
        await running.types("12345", after=GROUP)
        await running.sees("A group's number is a whole number below zero")
        await running.types("-1009999999999", after=GROUP)
        await running.sees("Telegram knows no group -1009999999999")
        assert place.text == CONFIG
        await running.types(str(telegram.chat), after=GROUP)
        assert await running.ends() == 0
        nothing_is_told(running.shown, telegram)


async def test_several_groups_are_listed_to_choose_from(telegram: TelegramStandIn, place: Place) -> None:
    other = telegram.add_chat(Kind.FORUM, "Anagrafe")
    await telegram.operator_says("anna", "/hello")
    await telegram.operator_says("marco", "/hello", chat=other)
    async with wizard(place.config, *words(telegram)) as running:
        await running.types(telegram.token, after=TOKEN)
        await running.types("", after=GROUP)
        await running.sees("1. URP")
        await running.types("2", after="2. Anagrafe\nIts number in this list:")
        assert await running.ends() == 0
    assert place.text == written(telegram, other)


async def test_what_the_bot_lacks_is_told_with_what_to_switch_on_until_it_is(
    telegram: TelegramStandIn, place: Place
) -> None:
    telegram.set_rights(status="member")
    async with wizard(place.config, *words(telegram)) as running:
        await running.types(telegram.token, after=TOKEN)
        await running.types(str(telegram.chat), after=GROUP)
        await running.sees("is a plain member of “URP”, and its privacy mode is on")
        telegram.set_rights(status="administrator", can_manage_topics=False, can_delete_messages=False)
        await running.types("", after="then press Enter.")
        await running.sees("may not open topics in “URP”")
        assert place.text == CONFIG
        telegram.set_rights(can_manage_topics=True)
        await running.types("", after="then press Enter.")
        await running.sees("may not delete messages in “URP”")
        await running.types("n", after="to go on without:")
        await running.sees("The bot has the rights it needs.")
        assert await running.ends() == 0


async def test_a_member_whose_privacy_mode_is_off_needs_no_administrator(place: Place) -> None:
    async with TelegramStandIn(Kind.SUPERGROUP) as telegram:
        telegram.world.reads_all = True
        telegram.set_rights(status="member")
        async with wizard(place.config, *words(telegram)) as running:
            await running.types(telegram.token, after=TOKEN)
            await running.types(str(telegram.chat), after=GROUP)
            await running.types("n", after="Topics are off in “URP”")
            assert await running.ends() == 0


async def test_topics_that_are_switched_on_meanwhile_change_the_groups_number(place: Place) -> None:
    async with TelegramStandIn(Kind.GROUP) as telegram:
        async with wizard(place.config, *words(telegram)) as running:
            await running.types(telegram.token, after=TOKEN)
            await running.types(str(telegram.chat), after=GROUP)
            await running.sees("Topics are off in “URP”")
            new = telegram.migrate()
            await running.types("", after="to go on without:")
            await running.sees(f"The group has a new number since topics were switched on: {new}.")
            assert await running.ends() == 0
        assert place.text == written(telegram, new)


async def test_where_it_may_not_write_it_says_so_and_tries_again(
    telegram: TelegramStandIn, place: Place
) -> None:
    telegram.faults.add("sendMessage", Refused("not enough rights to send text messages to the chat"))
    async with wizard(place.config, *words(telegram)) as running:
        await finds_the_group(running, telegram)
        await running.sees("The bot may not write in “URP”")
        assert place.text == CONFIG
        await running.types("", after="then press Enter.")
        assert await running.ends() == 0


async def test_another_program_that_listens_is_told(telegram: TelegramStandIn, place: Place) -> None:
    telegram.updates.webhook = "https://other.example/hook"
    telegram.faults.add("getUpdates", Refused("Conflict: terminated by other getUpdates request", 409))
    async with wizard(place.config, *words(telegram)) as running:
        await running.types(telegram.token, after=TOKEN)
        await running.types("", after=GROUP)
        await running.types("", after="send this bot's messages to https://other.example/hook")
        await running.types("", after=GROUP)
        await running.types("yes", after="Switch the other one off for good? [no]")
        await running.sees("Another program fetches this bot's messages")
        assert telegram.updates.webhook == ""
        await running.types(str(telegram.chat), after=GROUP)
        assert await running.ends() == 0


async def test_ctrl_c_leaves_whole_files_and_the_next_call_goes_on(
    telegram: TelegramStandIn, place: Place
) -> None:
    async with wizard(place.config, *words(telegram)) as running:
        await running.types(telegram.token, after=TOKEN)
        await running.types("", after=GROUP)
        await running.interrupts(after="Waiting for a message in the group")
        assert await running.ends() == 130
        await running.sees("Stopped.")
    assert place.text == CONFIG
    async with wizard(place.config, *words(telegram)) as running:
        await running.types("", after="There is a TELEGRAM_BOT_TOKEN already. Use it? [yes]")
        await running.types(str(telegram.chat), after=GROUP)
        assert await running.ends() == 0


async def test_the_group_that_is_there_already_is_offered(telegram: TelegramStandIn, place: Place) -> None:
    there = written(telegram, telegram.chat)
    place.text = there
    ran = await piped(place.config, "telegram", answers=[telegram.token, ""])
    assert ran.status == 0
    assert "says so already" in ran.out
    assert place.text == there
