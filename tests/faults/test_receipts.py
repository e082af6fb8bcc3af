"""A citizen's page is told the truth about each message: waiting, with the operators, or never to be."""

from pathlib import Path

from tests.citizen import Citizen
from tests.hub import hub_at
from tests.office import luca
from tests.platforms.slack import HttpError, Refused, SlackStandIn
from tests.slack_office import slack_fixture  # noqa: F401


async def test_a_message_is_delivered_once_slack_has_it(tmp_path: Path, slack: SlackStandIn) -> None:
    async with hub_at(tmp_path, slack=slack) as office, Citizen(office.url) as maria:
        await slack.wait_for(lambda: slack.connected == 1)
        planned = slack.faults.add("chat.postMessage", HttpError(503), times=None)
        assert (await maria.start("Buongiorno")).status_code == 201
        await slack.wait_for(lambda: planned.hits)
        async with maria.listening() as stream:
            assert (await stream.next()).name == "message"
            slack.faults.remove(planned)
            assert (await stream.next()).data == {"seqs": [1]}
        async with maria.listening(last=1) as again:
            told = await again.next()
            assert (told.name, told.data, told.id) == ("delivered", {"seqs": [1]}, None)


async def test_a_message_that_slack_never_takes_is_undeliverable(tmp_path: Path, slack: SlackStandIn) -> None:
    async with hub_at(tmp_path, slack=slack) as office, Citizen(office.url) as maria:
        await slack.wait_for(lambda: slack.connected == 1)
        slack.faults.add("chat.postMessage", Refused("msg_too_long"), times=None)
        await maria.start("Buongiorno")
        async with maria.listening() as stream:
            told = await stream.next("undeliverable", "delivered")
            assert (told.name, told.data) == ("undeliverable", {"seqs": [1]})


async def test_an_answer_proves_that_what_came_before_it_was_read(tmp_path: Path) -> None:
    async with hub_at(tmp_path) as office, Citizen(office.url) as maria:
        await maria.start("Buongiorno")
        async with maria.listening() as stream:
            assert (await stream.next()).name == "message"
        await office.hub.operator_wrote(luca("1"), maria.id, "Buongiorno a lei")
        async with maria.listening(last=3) as stream:
            assert (await stream.next()).data == {"seqs": [1]}
