"""What operators put on a citizen's message: the citizen sees it, and so do the colleagues on the other platform."""

import asyncio
from pathlib import Path

from models.tables import What
from tests.both_office import Both, both_fixture, office_fixture  # noqa: F401 - used by name
from tests.citizen import Citizen
from tests.hub import hub_at
from tests.office import entries, until
from tests.platforms.slack import BOT_SCOPES, SlackStandIn
from tests.platforms.telegram import Refused, TelegramStandIn
from tests.slack_office import slack_fixture  # noqa: F401 - used by name
from tests.telegram_office import PATIENCE, telegram_fixture  # noqa: F401 - used by name


def on_slack(both: Both, ts: str) -> set[str]:
    """What a message bears."""
    return {name for shown in both.slack.thread(both.root) if shown.ts == ts for name in shown.reactions}


def on_telegram(both: Both, number: int) -> dict[str, int]:
    """What a message bears, and how often."""
    return next(m.reactions for m in both.telegram.thread(both.topic.id) if m.id == number)


async def last_of_each(both: Both, text: str) -> tuple[str, int]:
    """The citizen writes; the message on Slack and on Telegram, once the hub knows of both."""
    await both.maria.say(text)
    await both.slack.wait_for(lambda: text in both.slack.thread(both.root)[-1].text, PATIENCE)
    await both.telegram.wait_for(lambda: text in both.telegram.thread(both.topic.id)[-1].text, PATIENCE)
    ts, number = both.slack.thread(both.root)[-1].ts, both.telegram.thread(both.topic.id)[-1].id
    record = (await entries(both.office, both.maria))[-1]
    async with asyncio.timeout(PATIENCE):  # its answer comes after the platform has shown the message
        for bridge in ("slack", "telegram"):
            while not await both.office.hub.store.remote_messages(both.maria.id, record.seq, bridge):  # noqa: ASYNC110
                await asyncio.sleep(0.005)
    return ts, number


async def test_a_thumb_on_slack_is_seen_by_the_citizen_and_on_telegram_until_it_is_taken_back(
    both: Both,
) -> None:
    ts, number = await last_of_each(both, "Grazie mille")
    async with both.maria.listening() as stream:
        await both.slack.operator_reacts("anna", ts, "+1::skin-tone-3")
        event = await stream.next("reaction")
        assert event.data["reactions"] == ["👍"]
        assert int(event.id or 0) == event.data["seq"] > event.data["target"] == 2
        await both.telegram.wait_for(lambda: on_telegram(both, number) == {"👍": 1}, PATIENCE)
        await both.slack.operator_reacts("anna", ts, "+1::skin-tone-3", remove=True)
        assert (await stream.next("reaction")).data["reactions"] == []
        await both.telegram.wait_for(lambda: on_telegram(both, number) == {}, PATIENCE)
    await both.settled()
    found = await entries(both.office, both.maria, What.REACTION)
    assert [(entry.name, entry.text, entry.target) for entry in found] == [
        ("Anna Bianchi", "👍", 2),
        ("Anna Bianchi", "", 2),
    ]


async def test_a_heart_on_telegram_is_seen_by_the_citizen_and_on_slack_and_does_not_come_back(
    both: Both,
) -> None:
    ts, number = await last_of_each(both, "Grazie mille")
    async with both.maria.listening() as stream:
        await both.telegram.operator_reacts("marco", number, "❤")
        assert (await stream.next("reaction")).data["reactions"] == ["❤"]
        await both.slack.wait_for(lambda: on_slack(both, ts) == {"heart"}, PATIENCE)
        await both.telegram.operator_reacts("marco", number, "🙏")
        assert (await stream.next("reaction")).data["reactions"] == ["🙏"]
        await both.slack.wait_for(lambda: on_slack(both, ts) == {"pray"}, PATIENCE)
    await both.settled()
    assert len(await entries(both.office, both.maria, What.REACTION)) == 2


async def test_what_two_colleagues_put_there_stays_until_both_took_it_back(both: Both) -> None:
    ts, number = await last_of_each(both, "Grazie mille")
    async with both.maria.listening() as stream:
        await both.slack.operator_reacts("anna", ts, "+1")
        assert (await stream.next("reaction")).data["reactions"] == ["👍"]
        await both.telegram.operator_reacts("marco", number, "👍")
        assert (await stream.next("reaction")).data["reactions"] == ["👍"]
        await both.slack.operator_reacts("anna", ts, "+1", remove=True)
        assert (await stream.next("reaction")).data["reactions"] == ["👍"]
        await both.telegram.operator_reacts("marco", number, "👍", remove=True)
        assert (await stream.next("reaction")).data["reactions"] == []


async def test_a_page_that_was_away_learns_of_it_when_it_is_back_and_the_desk_shows_it(both: Both) -> None:
    ts, _ = await last_of_each(both, "Grazie mille")
    await both.slack.operator_reacts("anna", ts, "tada")
    found = await until(both.office, both.maria, lambda found: [e for e in found if e.kind == What.REACTION])
    async with both.maria.listening(last=found[-1].seq - 1) as stream:
        assert (await stream.next("reaction")).data["reactions"] == ["🎉"]
    async with Citizen(both.office.url) as desk:
        await desk.http.get(both.office.desk_link, follow_redirects=True)
        page = await desk.http.get(f"/desk/{both.maria.id}")
    assert '<p class="reactions"><span class="unseen">L’ufficio ha messo: </span>🎉</p>' in page.text.replace(
        "&#39;", "’"
    )


async def test_looks_among_colleagues_and_what_is_put_on_their_own_messages_stay_inside(both: Both) -> None:
    ts, number = await last_of_each(both, "Grazie mille")
    said = await both.from_slack("Di nulla")
    await both.telegram.wait_for(lambda: "Di nulla" in both.telegram.thread(both.topic.id)[-1].text, PATIENCE)
    await both.slack.operator_reacts("anna", ts, "eyes")
    await both.slack.operator_reacts("marco", said, "+1")
    await both.telegram.operator_reacts("marco", number, "🤔")
    await both.slack.operator_reacts("marco", ts, "+1")
    found = await until(both.office, both.maria, lambda found: [e for e in found if e.kind == What.REACTION])
    await both.settled()
    assert [entry.text for entry in found if entry.kind == What.REACTION] == ["👍"]


async def test_what_is_delivered_again_is_one_reaction(both: Both) -> None:
    ts, number = await last_of_each(both, "Grazie mille")
    await both.slack.operator_reacts("anna", ts, "clap")
    await both.telegram.operator_reacts("marco", number, "👏")
    await both.settled()
    before = await entries(both.office, both.maria)
    acknowledged = len(both.slack.acks)
    again = both.slack.socket_mode.redeliver(acked=True)
    both.telegram.redeliver()
    await both.slack.wait_for(lambda: len(both.slack.acks) >= acknowledged + again, PATIENCE)
    await both.settled()
    assert await entries(both.office, both.maria) == before
    assert len([entry for entry in before if entry.kind == What.REACTION]) == 2


async def test_where_the_other_platform_takes_no_reactions_the_citizen_still_sees_it(both: Both) -> None:
    ts, number = await last_of_each(both, "Grazie mille")
    both.telegram.faults.add("setMessageReaction", Refused("REACTION_INVALID"), times=None)
    async with both.maria.listening() as stream:
        await both.slack.operator_reacts("anna", ts, "+1")
        assert (await stream.next("reaction")).data["reactions"] == ["👍"]
        await both.from_slack("Di nulla")
        assert (await stream.next("message")).data["text"] == "Di nulla"
    assert on_telegram(both, number) == {}


async def test_in_a_careful_department_a_reaction_stays_among_colleagues(
    tmp_path: Path, slack: SlackStandIn, telegram: TelegramStandIn
) -> None:
    departments = [{"name": "Tributi", "careful": True}]
    async with (
        hub_at(tmp_path, slack=slack, telegram=telegram, departments=departments) as office,
        Citizen(office.url) as maria,
    ):
        await slack.wait_for(lambda: slack.connected == 1, PATIENCE)
        await maria.start("Buongiorno", department="Tributi")
        (root,) = await slack.wait_for(slack.messages, PATIENCE)
        await slack.operator_reacts("anna", root.ts, "+1")
        await slack.operator_says("anna", "> Eccomi", thread_ts=root.ts)
        await until(office, maria, lambda found: any(entry.author == "operator" for entry in found))
        assert not await entries(office, maria, What.REACTION)


async def test_an_app_that_may_not_read_reactions_works_as_before(tmp_path: Path) -> None:
    events = frozenset({"message.channels", "message.groups"})
    async with (
        SlackStandIn(scopes=BOT_SCOPES - {"reactions:read"}, events=events) as slack,
        hub_at(tmp_path, slack=slack) as office,
        Citizen(office.url) as maria,
    ):
        await slack.wait_for(lambda: slack.connected == 1, PATIENCE)
        await maria.start("Buongiorno")
        (root,) = await slack.wait_for(slack.messages, PATIENCE)
        await slack.operator_reacts("anna", root.ts, "+1")
        await slack.operator_says("anna", "Eccomi", thread_ts=root.ts)
        found = await until(office, maria, lambda found: any(e.text == "Eccomi" for e in found))
        assert not [entry for entry in found if entry.kind == What.REACTION]
