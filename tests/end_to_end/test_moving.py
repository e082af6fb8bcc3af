"""Another channel, another group, an app made anew, a platform that came later: open conversations go on there."""

from pathlib import Path

import pytest

from tests.both_office import Both, both_fixture, office_fixture  # noqa: F401 - used by name
from tests.citizen import Citizen
from tests.hub import hub_at
from tests.office import next_answer
from tests.platforms.slack import Shown as SlackShown
from tests.platforms.slack import SlackStandIn
from tests.platforms.telegram import Shown, TelegramStandIn
from tests.slack_office import asks as asks_on_slack
from tests.slack_office import slack_fixture  # noqa: F401 - used by name
from tests.telegram_office import PATIENCE, calls, listening, telegram_fixture  # noqa: F401 - used by name

GOES_ON = "Questa conversazione continua in"
CAME_FROM = "Questa conversazione continua qui"


def words(shown: list[SlackShown] | list[Shown]) -> str:
    """All that a thread shows."""
    return "\n".join(message.text for message in shown)


async def roots(slack: SlackStandIn, channel: str, count: int = 1) -> list[SlackShown]:
    """The threads of a channel, once each has more than its first message."""
    await slack.wait_for(
        lambda: [len(slack.thread(root.ts)) > 1 for root in slack.messages(channel)] == [True] * count,
        PATIENCE,
    )
    return slack.messages(channel)


async def test_another_channel_and_another_group_take_open_conversations_over_with_their_story(
    both: Both,
) -> None:
    slack, telegram = both.slack, both.telegram
    await both.from_slack("Eccomi, dica")
    await both.telegram_shows("Anna Bianchi: Eccomi, dica")
    await both.from_telegram("/note chiede della TARI")
    await both.slack_shows("Eccomi, dica", "📝 Marco Rossi: chiede della TARI")
    channel, group = slack.add_channel("sportello"), telegram.add_chat(title="Sportello")
    both.office.rewrite(
        bridges={
            "slack": {"channel": channel, "api_url": slack.api_url},
            "telegram": {"chat": group, "api_url": telegram.api_url},
        }
    )
    (root,) = await roots(slack, channel)
    there = slack.thread(root.ts)
    assert CAME_FROM in root.text
    assert "Slack #urp" in root.text
    assert root.buttons[:4] == ("take", "close", "pass", "block")
    assert [line.split(" ", 2)[2] for line in there[1].text.splitlines()] == [
        "Maria Rossi: Buongiorno", "Anna Bianchi: Eccomi, dica", "📝 Marco Rossi: chiede della TARI",
    ]  # fmt: skip
    (topic,) = await telegram.wait_for(lambda: telegram.topics(group), PATIENCE)
    await telegram.wait_for(lambda: len(telegram.thread(topic.id, group)) == 2, PATIENCE)
    heading, told = telegram.thread(topic.id, group)
    assert CAME_FROM in heading.text
    assert heading.buttons
    assert "Anna Bianchi: Eccomi, dica" in told.text
    assert [mark["type"] for mark in told.wire.entities][:1] == ["expandable_blockquote"]
    assert f"{GOES_ON} Slack #sportello" in slack.thread(both.root)[-1].text
    assert f"{GOES_ON} Telegram Sportello" in telegram.thread(both.topic.id)[-1].text

    await both.maria.say("Grazie")
    await slack.wait_for(lambda: slack.thread(root.ts)[-1].text.endswith("Grazie"), PATIENCE)
    await telegram.wait_for(lambda: telegram.thread(topic.id, group)[-1].text.endswith("Grazie"), PATIENCE)
    assert "Grazie" not in words(slack.thread(both.root)) + words(telegram.thread(both.topic.id))
    assert "continua" not in (await both.maria.call("GET", "/transcript")).text


async def test_what_is_written_in_the_old_threads_still_reaches_the_citizen_and_the_new_ones(
    both: Both,
) -> None:
    slack, telegram = both.slack, both.telegram
    channel, group = slack.add_channel("sportello"), telegram.add_chat(title="Sportello")
    both.office.rewrite(
        bridges={
            "slack": {"channel": channel, "api_url": slack.api_url},
            "telegram": {"chat": group, "api_url": telegram.api_url},
        }
    )
    (root,) = await roots(slack, channel)
    (topic,) = await telegram.wait_for(lambda: telegram.topics(group), PATIENCE)
    async with both.maria.listening() as stream:
        said = await both.from_slack("dal vecchio canale")
        assert (await next_answer(stream))["text"] == "dal vecchio canale"
        await both.from_telegram("dal vecchio gruppo")
        assert (await next_answer(stream))["text"] == "dal vecchio gruppo"
    for text in ("Anna Bianchi: dal vecchio canale", "Marco Rossi: dal vecchio gruppo"):
        await slack.wait_for(lambda text=text: text in words(slack.thread(root.ts)), PATIENCE)
        await telegram.wait_for(lambda text=text: text in words(telegram.thread(topic.id, group)), PATIENCE)
    await slack.operator_edits(said, "dal canale di prima")
    changed = "Anna Bianchi: dal canale di prima (modificato)"
    await slack.wait_for(lambda: changed in words(slack.thread(root.ts)), PATIENCE)
    await telegram.wait_for(lambda: changed in words(telegram.thread(topic.id, group)), PATIENCE)
    await both.from_slack("!close")  # its heading has no buttons any more
    closed = "Conversazione chiusa da Anna Bianchi"
    await slack.wait_for(lambda: slack.thread(root.ts)[-1].text == closed, PATIENCE)


async def test_closed_conversations_stay_where_they_are_until_somebody_writes(both: Both) -> None:
    slack = both.slack
    await both.slack.operator_presses("anna", both.root, "close")
    await both.slack.wait_for(lambda: both.on_slack() == ["Conversazione chiusa da Anna Bianchi"], PATIENCE)
    channel = slack.add_channel("sportello")
    async with Citizen(both.office.url) as luigi:
        await luigi.start("Sono Luigi", name="Luigi")
        await slack.wait_for(lambda: len(slack.messages()) == 2, PATIENCE)
        both.office.rewrite(bridges={"slack": {"channel": channel, "api_url": slack.api_url}})
        (root,) = await roots(slack, channel)
    assert "Luigi" in root.text
    await both.maria.say("Ancora una cosa")
    first, second = await roots(slack, channel, 2)
    assert "Buongiorno" in words(slack.thread(second.ts))
    assert "Ancora una cosa" in words(slack.thread(second.ts))
    assert first.ts == root.ts


async def test_a_slack_app_that_was_made_anew_opens_a_thread_of_its_own(
    tmp_path: Path, slack: SlackStandIn
) -> None:
    async with hub_at(tmp_path, slack=slack) as office, Citizen(office.url) as maria:
        await slack.wait_for(lambda: slack.connected == 1, PATIENCE)
        old = await asks_on_slack(maria, slack, "Quanto pago?")
        await slack.operator_says("anna", "Un attimo", thread_ts=old.ts)
        async with maria.listening(0) as stream:
            assert (await next_answer(stream))["text"] == "Un attimo"
        identity, token = maria.id, maria.token
    slack.replace_app()
    for _ in range(2):  # the second start has nothing more to do
        async with hub_at(tmp_path, slack=slack) as office, Citizen(office.url) as maria:
            maria.id, maria.token = identity, token
            await slack.wait_for(
                lambda: len(slack.messages()) == 2 and len(slack.thread(slack.messages()[1].ts)) >= 2,
                PATIENCE,
            )
            new = slack.messages()[1]
            assert new.buttons[:4] == ("take", "close", "pass", "block")
            assert "Anna Bianchi: Un attimo" in slack.thread(new.ts)[1].text
            assert words(slack.thread(old.ts)).count(GOES_ON) == 1
            async with maria.listening() as stream:
                await slack.operator_says("anna", "Sono 30 €", thread_ts=old.ts)
                while (await next_answer(stream))["text"] != "Sono 30 €":
                    pass
            await slack.wait_for(
                lambda new=new: slack.thread(new.ts)[-1].text == "Anna Bianchi: Sono 30 €", PATIENCE
            )
    assert len(slack.messages()) == 2
    assert len([m for m in slack.thread(old.ts) if GOES_ON in m.text]) == 1


async def test_a_platform_that_is_added_later_is_told_what_was_said_before(
    tmp_path: Path, slack: SlackStandIn, telegram: TelegramStandIn
) -> None:
    async with hub_at(tmp_path, slack=slack) as office, Citizen(office.url) as maria:
        await slack.wait_for(lambda: slack.connected == 1, PATIENCE)
        root = await asks_on_slack(maria, slack, "Quanto pago?")
        body = {
            "client_id": "c" * 16,
            "name": "Luca",
            "phone": "+39 055 123456",
            "text": "Chiamate",
            "consent": True,
        }
        reference = (await maria.http.post("/api/callbacks", json=body)).json()["reference"]
        await slack.wait_for(lambda: len(slack.messages()) == 2, PATIENCE)
        identity, token = maria.id, maria.token
    async with hub_at(tmp_path, slack=slack, telegram=telegram) as office, Citizen(office.url) as maria:
        maria.id, maria.token = identity, token
        await maria.say("Ci siete?")
        await telegram.wait_for(
            lambda: (
                len(telegram.topics()) == 2
                and all(len(telegram.thread(topic.id)) >= 2 for topic in telegram.topics())
            ),
            PATIENCE,
        )
        shown = {topic.name: words(telegram.thread(topic.id)) for topic in telegram.topics()}
        chat = next(text for name, text in shown.items() if "Maria" in name)
        await telegram.wait_for(lambda: "Ci siete?" in everything(telegram), PATIENCE)
        chat = everything(telegram)
        assert (
            chat.index("è cominciata altrove")
            < chat.index("Maria Rossi: Quanto pago?")
            < chat.index("Ci siete?")
        )
        assert (chat.count("Quanto pago?"), chat.count("Ci siete?")) == (1, 1)
        callback = next(text for name, text in shown.items() if "Luca" in name)
        assert f"{reference} · +39 055 123456 · Chiamate" in callback
        topic = next(topic for topic in telegram.topics() if "Maria" in topic.name)
        await telegram.operator_says("marco", "Sono 30 €", thread=topic.id)
        await slack.wait_for(lambda: slack.thread(root.ts)[-1].text == "Marco Rossi: Sono 30 €", PATIENCE)


def everything(telegram: TelegramStandIn) -> str:
    """What the topic of Maria shows."""
    (topic,) = [topic for topic in telegram.topics() if "Maria" in topic.name]
    return words(telegram.thread(topic.id))


async def test_a_channel_that_is_out_of_reach_holds_nobody_up(tmp_path: Path, slack: SlackStandIn) -> None:
    async with hub_at(tmp_path, slack=slack) as office, Citizen(office.url) as maria:
        await slack.wait_for(lambda: slack.connected == 1, PATIENCE)
        old = await asks_on_slack(maria, slack, "Quanto pago?")
        slack.archive()
        await maria.say("C'è qualcuno?")
        channel = slack.add_channel("sportello")
        office.rewrite(bridges={"slack": {"channel": channel, "api_url": slack.api_url}})
        (root,) = await roots(slack, channel)
        await slack.wait_for(lambda: "C'è qualcuno?" in words(slack.thread(root.ts)), PATIENCE)
        shown = words(slack.thread(root.ts))
        assert (shown.count("Quanto pago?"), shown.count("C'è qualcuno?")) == (1, 1)
        assert GOES_ON not in shown
        assert len(slack.thread(old.ts)) == 1
        await maria.say("Allora?")
        await slack.wait_for(lambda: "Allora?" in slack.thread(root.ts)[-1].text, PATIENCE)
        assert office.hub.bridges["slack"].health.problem is None


async def test_a_conversation_that_was_passed_on_is_answered_from_its_old_topic_too(
    tmp_path: Path, telegram: TelegramStandIn
) -> None:
    group = telegram.add_chat(title="Anagrafe")
    departments = [{"name": "Anagrafe", "telegram": {"chat": group}}]
    async with (
        hub_at(tmp_path, telegram=telegram, departments=departments) as office,
        Citizen(office.url) as maria,
    ):
        await listening(telegram)
        await maria.start("Residenza?", name="Maria Rossi")
        (old,) = await telegram.wait_for(telegram.topics, PATIENCE)
        await telegram.wait_for(lambda: telegram.thread(old.id), PATIENCE)
        await telegram.operator_says("marco", "/pass Anagrafe viene da Prato", thread=old.id)
        (new,) = await telegram.wait_for(lambda: telegram.topics(group), PATIENCE)
        await telegram.wait_for(lambda: "Prato" in words(telegram.thread(new.id, group)), PATIENCE)
        async with maria.listening() as stream:
            await telegram.operator_says("marco", "Le rispondono loro", thread=old.id)
            assert (await next_answer(stream))["text"] == "Le rispondono loro"
        await telegram.wait_for(
            lambda: telegram.thread(new.id, group)[-1].text == "Marco Rossi: Le rispondono loro", PATIENCE
        )


@pytest.mark.parametrize("letters", [300, 20_000])
async def test_a_story_is_split_only_where_the_platform_must(
    tmp_path: Path, slack: SlackStandIn, telegram: TelegramStandIn, letters: int
) -> None:
    async with hub_at(tmp_path, slack=slack) as office, Citizen(office.url) as maria:
        await maria.start("inizio", name="Maria Rossi")
        for number in range(letters // 2_000 + 1):
            await maria.say(f"{number} " + "parola " * min(letters // 10, 280))
        await maria.say("fine")
        await slack.wait_for(
            lambda: any("fine" in words(slack.thread(root.ts)) for root in slack.messages()), PATIENCE
        )
    async with hub_at(tmp_path, slack=slack, telegram=telegram):
        await telegram.wait_for(lambda: telegram.topics() and "fine" in everything(telegram), 60)
    (topic,) = telegram.topics()
    told = telegram.thread(topic.id)[1:]
    if letters == 300:
        assert len(told) == 1
        assert "inizio" in told[0].text
    else:
        assert 3 <= len(told) <= 4
        assert told[0].text.startswith("… quello che viene prima è sulla scrivania.")
