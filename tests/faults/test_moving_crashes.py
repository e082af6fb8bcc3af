"""The program dies while open conversations move to another channel: each is there once, with its story."""

from pathlib import Path

import pytest

from tests.citizen import Citizen
from tests.platforms.slack import SlackStandIn
from tests.program import Program
from tests.slack_office import slack_fixture  # noqa: F401 - used by name

PATIENCE = 60.0


@pytest.mark.parametrize(
    "point",
    [
        "on disk, not acknowledged:2",
        "marked as being sent, not sent:2",
        "thread opened, not written down:1",
        "sent, not written down:1",
        "sent, not written down:2",
        "sent and written down, not marked as sent:2",
    ],
)
async def test_killed_while_it_moves_a_conversation_is_there_once_with_its_story(
    tmp_path: Path, slack: SlackStandIn, point: str
) -> None:
    program = Program(tmp_path, slack=slack)
    async with Citizen(program.url) as maria:
        await program.start()
        await maria.start("Quanto pago?", name="Maria Rossi")
        await slack.wait_for(slack.messages, PATIENCE)
        assert await program.stop() in (0, 143)
        channel = slack.add_channel("sportello")
        program.rewrite(bridges={"slack": {"channel": channel, "api_url": slack.api_url}})
        plain = program.command
        program.command = ["-m", "tests.crashing"]
        program.environment["LINEA_CRASH_AT"] = point
        await program.start()
        await program.died()
        program.command = plain
        await program.start()
        try:
            await maria.say("Allora?")
            await slack.wait_for(
                lambda: (
                    slack.messages(channel)
                    and "Allora?" in slack.thread(slack.messages(channel)[0].ts)[-1].text
                ),
                PATIENCE,
            )
        finally:
            await program.stop()
    (root,) = slack.messages(channel)
    shown = "\n".join(message.text for message in slack.thread(root.ts))
    assert [shown.count(text) for text in ("continua qui", "Quanto pago?", "Allora?")] == [1, 1, 1]
    (old,) = slack.messages()
    assert (
        "\n".join(message.text for message in slack.thread(old.ts)).count("continua in Slack #sportello") == 1
    )
