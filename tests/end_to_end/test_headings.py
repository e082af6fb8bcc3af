"""A conversation's first post, and its topic's name, say at a glance how it stands; they follow what happens."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from tests.both_office import Both, both_fixture, office_fixture  # noqa: F401 - used by name
from tests.citizen import Citizen
from tests.hub import Clock, RunningHub, hub_at
from tests.platforms.slack import Refused as SlackRefused
from tests.platforms.slack import SlackStandIn
from tests.platforms.telegram import Refused, ShownTopic, TelegramStandIn
from tests.slack_office import slack_fixture  # noqa: F401 - used by name
from tests.telegram_office import PATIENCE, calls, telegram_fixture  # noqa: F401 - used by name

ICONS = {"🟡": "❗️", "🟢": "💬", "🟠": "🔥", "✅": "✅", "➡️": "🏁"}
"""The icon of a topic by the sign in its name, of those that Telegram offers."""


async def heads_say(both: Both, sign: str, *wanted: str) -> None:
    """Both first posts come to say all of this, and the topic's name and icon to show the sign."""
    await both.slack.wait_for(lambda: _says(both.slack.thread(both.root)[0].text, sign, *wanted), PATIENCE)
    await both.telegram.wait_for(
        lambda: _says(both.telegram.thread(both.topic.id)[0].text, sign, *wanted), PATIENCE
    )
    await both.telegram.wait_for(lambda: both.telegram.topics()[0].name.startswith(sign), PATIENCE)
    await both.telegram.wait_for(lambda: both.telegram.topics()[0].icon == ICONS[sign], PATIENCE)


def _says(text: str, *wanted: str) -> bool:
    return all(word in text for word in wanted)


async def test_they_tell_waiting_taken_closed_rated_and_open_again_on_both(both: Both) -> None:
    await heads_say(both, "🟡", "Maria Rossi", "Buongiorno", "In attesa dal", "Aperta il")
    assert both.topic.name == "🟡 Maria Rossi"
    await both.telegram.operator_presses("marco", both.telegram.thread(both.topic.id)[0].id, "take")
    await heads_say(both, "🟢", "Se ne occupa Marco Rossi", "Aperta il", "Buongiorno")
    await both.from_slack("!close Arrivederci", "anna")
    await heads_say(both, "✅", "chiusa da Anna Bianchi")
    assert "close" not in both.slack.thread(both.root)[0].buttons
    await both.telegram.wait_for(lambda: not both.telegram.thread(both.topic.id)[0].buttons, PATIENCE)
    await both.maria.call("POST", "/rating", json={"score": 5, "comment": "gentilissimi"})
    await heads_say(both, "✅", "Valutazione del cittadino: 5/5 gentilissimi")
    await both.maria.say("Ancora una cosa")
    await heads_say(both, "🟢", "Se ne occupa Marco Rossi")
    await both.telegram.wait_for(lambda: both.telegram.thread(both.topic.id)[0].buttons, PATIENCE)


async def test_a_first_answer_on_one_platform_shows_in_the_heading_of_the_other(both: Both) -> None:
    await both.from_telegram("Eccomi")
    await heads_say(both, "🟢", "Se ne occupa Marco Rossi")


async def test_a_citizen_who_ends_it_is_seen_in_the_headings(both: Both) -> None:
    await both.from_slack("Eccomi")
    await heads_say(both, "🟢", "Se ne occupa Anna Bianchi", "Buongiorno")
    await both.maria.call("POST", "/close")
    await heads_say(both, "✅", "Il cittadino ha chiuso la conversazione", "Buongiorno")


async def test_the_page_is_a_link_under_its_title_with_the_host_beside_it(
    office: RunningHub, slack: SlackStandIn, telegram: TelegramStandIn
) -> None:
    page = "https://www.comune.example/tributi/imu?anno=2026&rata=1"
    async with Citizen(office.url) as maria:
        await maria.start("Quando scade?", page=page, page_title="IMU <b>2026</b> | *Tributi*\n")
        (root,) = await slack.wait_for(slack.messages, PATIENCE)
        (topic,) = await telegram.wait_for(telegram.topics, PATIENCE)
        (first,) = await telegram.wait_for(lambda: telegram.thread(topic.id), PATIENCE)
    assert "IMU <b>2026</b>" in first.text
    assert "(www.comune.example)" in first.text
    (link,) = [entity for entity in first.wire.entities if entity["type"] == "text_link"]
    assert link["url"] == page
    (marked,) = [
        element["text"]
        for block in root.wire.blocks
        if block["type"] == "context"
        for element in block["elements"]
        if element["type"] == "mrkdwn"
    ]
    assert f"<{page.replace('&', '&amp;')}|IMU &lt;b&gt;2026&lt;/b&gt; ∣ ∗Tributi∗>" in marked
    assert marked.endswith("(www.comune.example)")


async def test_a_title_that_is_too_long_is_cut_and_one_without_a_page_is_harmless(office: RunningHub) -> None:
    async with Citizen(office.url) as maria:
        answer = await maria.start("Buongiorno", page="https://www.comune.example/", page_title="x" * 5_000)
        assert answer.status_code == 201
        info = await office.hub.conversation(maria.id)
        assert info is not None
        assert info.page_title == "x" * 200
        assert (await maria.start("Buongiorno", page_title="  ")).status_code == 201


async def test_a_platform_that_refuses_to_change_them_still_carries_the_conversation(both: Both) -> None:
    both.slack.faults.add("chat.update", SlackRefused("cant_update_message"), times=None)
    both.telegram.faults.add("editMessageText", Refused("message can't be edited"), times=None)
    both.telegram.faults.add("editForumTopic", Refused("not enough rights to edit the topic"), times=None)
    await both.slack.operator_presses("anna", both.root, "take")
    await both.telegram_shows("Se ne occupa Anna Bianchi")
    await both.telegram.wait_for(lambda: calls(both.telegram, "editForumTopic"), PATIENCE)
    await both.maria.say("Grazie")
    await both.telegram_shows("Se ne occupa Anna Bianchi", "Maria Rossi: Grazie")
    assert "In attesa" in both.slack.thread(both.root)[0].text


@pytest.mark.parametrize("method", ["createForumTopic", "editForumTopic"])
async def test_a_telegram_that_takes_no_icons_has_topics_with_their_names_alone(
    telegram: TelegramStandIn, tmp_path: Path, method: str
) -> None:
    telegram.faults.add(method, Refused("DOCUMENT_INVALID"))
    async with hub_at(tmp_path, telegram=telegram) as office, Citizen(office.url) as maria:
        await maria.start("Buongiorno", name="Maria Rossi")
        (topic,) = await telegram.wait_for(telegram.topics, PATIENCE)
        (first,) = await telegram.wait_for(lambda: telegram.thread(topic.id), PATIENCE)
        assert (topic.name, topic.icon) == ("🟡 Maria Rossi", "" if method == "createForumTopic" else "❗️")
        await telegram.operator_presses("marco", first.id, "take")
        await telegram.wait_for(lambda: telegram.topics()[0].name == "🟢 Maria Rossi", PATIENCE)


async def test_what_changes_nothing_edits_nothing(both: Both) -> None:
    await both.from_slack("Eccomi")
    await heads_say(both, "🟢", "Se ne occupa Anna Bianchi")
    before = len(calls(both.telegram, "editMessageText"))
    await both.from_slack("Mi dica")
    await both.telegram_shows("Anna Bianchi: Eccomi", "Anna Bianchi: Mi dica")
    await both.from_slack("!note fatto")
    await both.telegram_shows("Anna Bianchi: Eccomi", "Anna Bianchi: Mi dica", "📝 Anna Bianchi: fatto")
    assert len(calls(both.telegram, "editMessageText")) == before


async def test_one_that_was_taken_and_left_alone_shows_that_the_citizen_waits_again(
    slack: SlackStandIn, telegram: TelegramStandIn, tmp_path: Path
) -> None:
    clock = Clock()
    async with (
        hub_at(tmp_path, slack=slack, telegram=telegram, clock=clock) as office,
        Citizen(office.url) as maria,
    ):
        await slack.wait_for(lambda: slack.connected == 1, PATIENCE)
        await maria.start("Buongiorno", name="Maria Rossi")
        (root,) = await slack.wait_for(slack.messages, PATIENCE)
        (topic,) = await telegram.wait_for(telegram.topics, PATIENCE)
        await telegram.wait_for(lambda: telegram.thread(topic.id), PATIENCE)
        both = Both(office, maria, slack, telegram, root.ts, topic)
        await both.from_slack("Mi dica")
        await heads_say(both, "🟢", "Se ne occupa Anna Bianchi")
        await maria.say("Quanto costa?")
        clock.advance(timedelta(minutes=3, seconds=1))
        await office.hub.remind_of_waiting()
        await heads_say(both, "🟠", "Se ne occupa Anna Bianchi", "aspetta una risposta dal")
        await both.from_telegram("Sedici euro")
        await heads_say(both, "🟢", "Se ne occupa Anna Bianchi")
        await slack.wait_for(lambda: "aspetta" not in slack.thread(root.ts)[0].text, PATIENCE)


async def test_the_thread_that_a_conversation_has_left_says_where_it_goes_on(
    slack: SlackStandIn, telegram: TelegramStandIn, tmp_path: Path
) -> None:
    departments = [
        {
            "name": "Anagrafe",
            "slack": {"channel": slack.add_channel("anagrafe")},
            "telegram": {"chat": telegram.add_chat()},
        }
    ]
    async with (
        hub_at(tmp_path, slack=slack, telegram=telegram, departments=departments) as office,
        Citizen(office.url) as maria,
    ):
        await slack.wait_for(lambda: slack.connected == 1, PATIENCE)
        await maria.start("Buongiorno", name="Maria Rossi")
        (root,) = await slack.wait_for(slack.messages, PATIENCE)
        (topic,) = await telegram.wait_for(telegram.topics, PATIENCE)
        await telegram.wait_for(lambda: telegram.thread(topic.id), PATIENCE)
        both = Both(office, maria, slack, telegram, root.ts, topic)
        await both.from_slack("!pass Anagrafe")
        await heads_say(both, "➡️", "continua altrove · Anagrafe", "Buongiorno")
        assert not slack.thread(root.ts)[0].buttons
        assert not telegram.thread(topic.id)[0].buttons
        (there,) = await slack.wait_for(lambda: slack.messages("anagrafe"), PATIENCE)
        assert "🟡" in there.text
        await maria.say("Ci siete?")
        await slack.wait_for(lambda: "Ci siete?" in slack.thread(there.ts)[-1].text, PATIENCE)
        assert "➡️" in slack.thread(root.ts)[0].text


async def test_who_agreed_is_seen_to_have_written_before_and_who_did_not_is_not(
    slack: SlackStandIn, telegram: TelegramStandIn, tmp_path: Path
) -> None:
    browser = "3f1b5f0e-8f6c-4f0e-9d8e-2f6f5c1f7a11"
    async with hub_at(tmp_path, slack=slack, telegram=telegram, departments=[{"name": "Anagrafe"}]) as office:
        await slack.wait_for(lambda: slack.connected == 1, PATIENCE)

        async def begins(text: str, **more: str) -> tuple[Citizen, str, ShownTopic]:
            async with Citizen(office.url) as citizen:
                await citizen.start(text, name="Maria Rossi", **more)
            (root,) = await slack.wait_for(lambda: [m for m in slack.messages() if text in m.text], PATIENCE)
            (topic,) = await telegram.wait_for(
                lambda: [t for t in telegram.topics() if _says(str(telegram.thread(t.id)), text)], PATIENCE
            )
            return citizen, root.ts, topic

        def headings(root: str, topic: ShownTopic) -> tuple[str, str]:
            return slack.thread(root)[0].text, telegram.thread(topic.id)[0].text

        first, root, topic = await begins("Uno", browser=browser, department="Anagrafe")
        assert not any("🔁" in heading for heading in headings(root, topic))
        _, root, topic = await begins("Senza dirlo")
        assert not any("🔁" in heading for heading in headings(root, topic))
        _, root, topic = await begins("Un altro", browser=browser.replace("3", "4"))
        assert not any("🔁" in heading for heading in headings(root, topic))
        _, root, topic = await begins("Due", browser=browser)
        today = f"{datetime.now(ZoneInfo('Europe/Rome')):%d/%m/%Y}"
        for heading in headings(root, topic):
            assert heading.count(f"🔁 Ha già scritto: {today} (Anagrafe)") == 1
        await slack.operator_says("anna", "!who", thread_ts=root)
        await slack.wait_for(lambda: f"/desk/{first.id}" in slack.thread(root)[-1].text, PATIENCE)
        await telegram.operator_says("marco", "/who", thread=topic.id)
        await telegram.wait_for(lambda: f"/desk/{first.id}" in telegram.thread(topic.id)[-1].text, PATIENCE)
        async with Citizen(office.url) as again:
            again.id, again.token = first.id, first.token
            await again.call("DELETE", "")
        _, root, topic = await begins("Tre", browser=browser)
        for heading in headings(root, topic):
            assert "Anagrafe" not in heading, "what was erased is known no more"
            assert f"🔁 Ha già scritto: {today}" in heading
        await asyncio.to_thread(_is_nowhere, tmp_path, browser)


def _is_nowhere(folder: Path, key: str) -> None:
    for path in (folder / "data").iterdir():
        if path.is_file():
            assert key.encode() not in path.read_bytes()
