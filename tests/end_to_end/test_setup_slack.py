"""``./linea setup slack``: the real program on a terminal, a person who types, and Slack's stand-in."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.platforms.faults import HangUp
from tests.platforms.slack import BOT_SCOPES, Ratelimited, Refused, SlackStandIn
from tests.platforms.slack.records import BOT_USER
from tests.program import Program
from tests.wizard import Place, Wizard, piped, wizard

BOT, APP = "The bot's token (xoxb-", "The app's token (xapp-"
AGAIN = "Another token, or Enter to try the same again:"
CHANNEL = "The channel's name or ID"
CONFIG = """\
# The town's own words.
office: {name: "URP – Comune di Prova", language: en}
hours:
  mon: 08:30-13:00     # mornings only
bridges:
  # none yet
limits: {per_address: 60/min}
"""


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A configuration with comments and brackets, and no bridge."""
    return Place(tmp_path, CONFIG)


@pytest_asyncio.fixture
async def slack() -> AsyncIterator[SlackStandIn]:
    """A workspace with the channel urp, where the bot is."""
    async with SlackStandIn() as stand_in:
        yield stand_in


def words(slack: SlackStandIn) -> tuple[str, ...]:
    return ("slack", "--api-url", slack.api_url)


def nothing_is_told(shown: str, slack: SlackStandIn) -> None:
    """Neither token was ever shown."""
    assert slack.bot_token not in shown
    assert slack.app_token not in shown
    assert "Traceback" not in shown


async def gives_tokens(running: Wizard, slack: SlackStandIn) -> None:
    """As the screens ask for them."""
    await running.types("", after="Press Enter when the app is there.")
    await running.types(slack.bot_token, after=BOT)
    await running.types(slack.app_token, after=APP)


async def test_it_leads_from_nothing_to_a_test_message(slack: SlackStandIn, place: Place) -> None:
    async with wizard(place.config, *words(slack)) as running:
        await running.sees("paste all of this:")
        await running.sees("socket_mode_enabled: true")
        await gives_tokens(running, slack)
        await running.types("#urp", after=CHANNEL)
        assert await running.ends() == 0
        nothing_is_told(running.shown, slack)
    (message,) = slack.messages()
    assert "Linea Diretta: this is a test. What citizens write will appear here." in message.text
    assert place.secrets == f"SLACK_BOT_TOKEN={slack.bot_token}\nSLACK_APP_TOKEN={slack.app_token}\n"
    assert place.mode == 0o600
    line = f'  slack: {{channel: {slack.channel}, api_url: "{slack.api_url}"}}\n'
    assert place.text == CONFIG.replace("bridges:\n", f"bridges:\n{line}")


async def test_through_a_pipe_and_in_italian_it_does_the_same(slack: SlackStandIn, place: Place) -> None:
    place.text = CONFIG.replace("language: en", "language: it")
    answers = ["", slack.bot_token, slack.app_token, slack.channel]
    ran = await piped(place.config, *words(slack), answers=answers)
    assert ran.status == 0
    assert "Fatto." in ran.out
    assert ran.errors == ""
    nothing_is_told(ran.out, slack)
    assert "questa è una prova" in slack.messages()[0].text


async def test_each_wrong_token_is_told_and_asked_again(slack: SlackStandIn, place: Place) -> None:
    async with wizard(place.config, *words(slack)) as running:
        await running.types("", after="Press Enter when the app is there.")
        await running.types(slack.app_token, after=BOT)
        await running.sees("That is the app's token")
        await running.types("hello", after=AGAIN)
        await running.sees("That is no bot token")
        await running.types("xoxb-wrong", after=AGAIN)
        await running.sees("Slack refuses this token (invalid_auth)")
        await running.types(f'SLACK_BOT_TOKEN="{slack.bot_token}"', after=AGAIN)
        await running.types(slack.bot_token, after=APP)
        await running.sees("That is the bot's token")
        await running.types("xapp-wrong", after=AGAIN)
        await running.sees("Slack refuses this token (invalid_auth)")
        await running.types(slack.app_token, after=AGAIN)
        await running.types("urp", after=CHANNEL)
        assert await running.ends() == 0
        nothing_is_told(running.shown, slack)


async def test_a_permission_that_lacks_is_named_and_the_same_token_tried_again(
    slack: SlackStandIn, place: Place
) -> None:
    slack.scopes = BOT_SCOPES - {"files:read", "users:read"}
    async with wizard(place.config, *words(slack)) as running:
        await running.types("", after="Press Enter when the app is there.")
        await running.types(slack.bot_token, after=BOT)
        await running.sees("The app lacks permissions: files:read, users:read.")
        assert not place.secrets
        slack.scopes = BOT_SCOPES
        await running.types("", after=AGAIN)
        await running.sees(APP)


async def test_socket_mode_that_is_off_is_told(slack: SlackStandIn, place: Place) -> None:
    slack.faults.add("apps.connections.open", Refused("socket_mode_not_enabled"))
    async with wizard(place.config, *words(slack)) as running:
        await gives_tokens(running, slack)
        await running.sees("Socket Mode is off.")
        await running.types("", after=AGAIN)
        await running.sees("Slack accepts the app's token")


async def test_a_pause_that_slack_asks_for_is_kept_and_a_broken_line_told(
    slack: SlackStandIn, place: Place
) -> None:
    slack.faults.add("auth.test", Ratelimited(1))
    slack.faults.add("auth.test", HangUp())
    async with wizard(place.config, *words(slack)) as running:
        await running.types("", after="Press Enter when the app is there.")
        await running.types(slack.bot_token, after=BOT)
        await running.sees("Slack cannot be asked (")
        await running.types("", after=AGAIN)
        await running.sees("Slack knows the bot: it is @linea in the workspace Comune.")


async def test_an_open_channel_is_joined_and_a_private_one_asks_for_the_invitation(
    slack: SlackStandIn, place: Place
) -> None:
    slack.workspace.add_channel("aperto", bot=False)
    slack.workspace.add_channel("chiuso", private=True, bot=False)
    gone = slack.workspace.add_channel("vecchio")
    gone.is_archived = True
    async with wizard(place.config, *words(slack)) as running:
        await gives_tokens(running, slack)
        await running.types("chiuso", after=CHANNEL)
        await running.types("vecchio", after="Slack shows no channel chiuso to the bot")
        await running.sees("The channel #vecchio is archived.")
        await running.types("C0UNKNOWN9", after=CHANNEL)
        await running.types("aperto", after="Slack shows no channel C0UNKNOWN9")
        await running.sees("The bot has joined #aperto.")
        assert await running.ends() == 0


async def test_without_the_right_to_join_it_waits_for_the_invitation(
    slack: SlackStandIn, place: Place
) -> None:
    slack.scopes = BOT_SCOPES - {"channels:join"}
    channel = slack.workspace.add_channel("aperto", bot=False)
    async with wizard(place.config, *words(slack)) as running:
        await gives_tokens(running, slack)
        await running.types("aperto", after=CHANNEL)
        await running.sees("Write in the channel: /invite @linea")
        slack.workspace.member(channel, BOT_USER, joined=True)
        await running.types("", after="press Enter.")
        assert await running.ends() == 0
        assert len(slack.messages(channel.id)) == 1


async def test_a_channel_where_nobody_may_write_is_not_written_down(
    slack: SlackStandIn, place: Place
) -> None:
    slack.faults.add("chat.postMessage", Refused("restricted_action"))
    async with wizard(place.config, *words(slack)) as running:
        await gives_tokens(running, slack)
        await running.types("urp", after=CHANNEL)
        await running.sees("Slack does not let the bot write in #urp (restricted_action).")
        assert place.text == CONFIG
        await running.types("urp", after=CHANNEL)
        assert await running.ends() == 0


async def test_ctrl_c_leaves_whole_files_and_the_next_call_goes_on(slack: SlackStandIn, place: Place) -> None:
    async with wizard(place.config, *words(slack)) as running:
        await running.types("", after="Press Enter when the app is there.")
        await running.interrupts(after=BOT)
        assert await running.ends() == 130
        await running.sees("Stopped.")
        assert running.echoes
    assert place.files == ["config.yaml"]
    async with wizard(place.config, *words(slack)) as running:
        await gives_tokens(running, slack)
        await running.interrupts(after=CHANNEL)
        assert await running.ends() == 130
    assert place.text == CONFIG
    async with wizard(place.config, *words(slack)) as running:
        await running.types("", after="There is a SLACK_BOT_TOKEN already. Use it? [yes]")
        await running.types("y", after="There is a SLACK_APP_TOKEN already. Use it? [yes]")
        await running.types("urp", after=CHANNEL)
        assert await running.ends() == 0
        nothing_is_told(running.shown, slack)


async def test_a_pipe_that_ends_too_early_stops_it(slack: SlackStandIn, place: Place) -> None:
    ran = await piped(place.config, *words(slack), answers=["", slack.bot_token])
    assert ran.status == 130
    assert "Stopped." in ran.out
    assert ran.errors == ""
    assert not place.secrets


async def test_tokens_of_the_environment_are_offered_and_stay_there(
    slack: SlackStandIn, place: Place
) -> None:
    tokens = {"SLACK_BOT_TOKEN": slack.bot_token, "SLACK_APP_TOKEN": slack.app_token}
    ran = await piped(place.config, *words(slack), answers=["", "", "urp"], **tokens)
    assert ran.status == 0
    nothing_is_told(ran.out, slack)
    assert not place.secrets


async def test_a_bridge_that_is_there_keeps_its_other_keys_and_may_stay_as_it_is(
    slack: SlackStandIn, place: Place
) -> None:
    there = CONFIG.replace(
        "  # none yet\n",
        f"  slack:   # ours\n    channel: {slack.channel}  # #urp\n    api_url: {slack.api_url}\n"
        "  telegram: {chat: -5}\n",
    )
    place.text = there
    other = slack.workspace.add_channel("altro").id
    answers = ["", slack.bot_token, slack.app_token, ""]
    ran = await piped(place.config, "slack", answers=answers)
    assert ran.status == 0
    assert "says so already" in ran.out
    assert place.text == there
    ran = await piped(place.config, "slack", answers=["", "", f"https://linea.slack.com/archives/{other}"])
    assert ran.status == 0
    assert place.text == there.replace(slack.channel, other)


@pytest.mark.parametrize("name", ["config.yaml", ".env"])
async def test_a_read_only_file_is_told_before_anything_is_asked(
    slack: SlackStandIn, place: Place, name: str
) -> None:
    path = place.lock(name)
    ran = await piped(place.config, *words(slack), answers=[])
    assert ran.status == 1
    assert ran.out == ""
    assert f"{path} is read-only" in ran.errors


async def test_a_configuration_that_cannot_be_changed_alone_gets_the_lines_told(
    slack: SlackStandIn, place: Place
) -> None:
    odd = CONFIG.replace("bridges:\n  # none yet\n", "? bridges\n:\n")
    place.text = odd
    ran = await piped(place.config, *words(slack), answers=["", slack.bot_token, slack.app_token, "urp"])
    assert ran.status == 1
    assert f"bridges:\n  slack: {{channel: {slack.channel}" in ran.errors
    assert place.text == odd


async def test_a_running_hub_follows_what_setup_wrote(slack: SlackStandIn, tmp_path: Path) -> None:
    program = Program(tmp_path, slack)
    await program.start()
    other = slack.workspace.add_channel("altro").id
    tokens = {"SLACK_BOT_TOKEN": slack.bot_token, "SLACK_APP_TOKEN": slack.app_token}
    before = len(program.errors)
    ran = await piped(program.config, "slack", answers=["", "", "altro"], **tokens)
    assert ran.status == 0
    await program.logged("was read again and is in force", after=before)
    assert f'"channel": "{other}"' in program.config.read_text()
    assert await program.stop() == 0
