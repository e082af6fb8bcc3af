"""Ready answers: filled in for this citizen, found by name, by a menu with search, and suggested by the question."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest_asyncio

from models.tables import What
from tests.both_office import (
    Both,
    both_fixture,  # noqa: F401 - used by name
)
from tests.citizen import Citizen
from tests.hub import RunningHub, hub_at
from tests.office import entries, texts, until
from tests.platforms.slack import SlackStandIn
from tests.platforms.telegram import TelegramStandIn
from tests.slack_office import (
    asks,
    slack_fixture,  # noqa: F401 - used by name
)
from tests.telegram_office import PATIENCE, listening, telegram_fixture  # noqa: F401 - used by name

REPLIES: list[dict[str, Any]] = [
    {"name": "orari", "text": {"it": "Buongiorno {name}, oggi: {hours}.", "en": "Today: {hours}."}},
    {"name": "carta d'identità", "text": "La carta d'identità si rinnova all'anagrafe, su appuntamento."},
    {"name": "passaporto", "text": "Il passaporto si chiede in questura."},
    {"name": "grazie", "text": "{office} La ringrazia."},
] + [{"name": f"risposta {number:02}", "text": f"Testo {number:02}"} for number in range(12)]


@pytest_asyncio.fixture(name="office")
async def office_fixture(
    tmp_path: Path, slack: SlackStandIn, telegram: TelegramStandIn
) -> AsyncIterator[RunningHub]:
    """An office with ready answers."""
    async with hub_at(tmp_path, slack=slack, telegram=telegram, replies=REPLIES) as running:
        await slack.wait_for(lambda: slack.connected == 1, PATIENCE)
        await listening(telegram)
        yield running


async def test_placeholders_are_filled_in_for_this_citizen(both: Both) -> None:
    await both.from_slack("!reply orari", "anna")
    await until(
        both.office, both.maria, lambda found: "Buongiorno Maria Rossi, oggi: 00:00-24:00." in texts(found)
    )
    await both.from_telegram("/reply grazzie", "marco")
    await until(both.office, both.maria, lambda found: "URP – Comune di Prova La ringrazia." in texts(found))


async def test_who_gave_no_name_is_greeted_without_one_and_in_their_language(
    office: RunningHub, slack: SlackStandIn
) -> None:
    async with Citizen(office.url) as nameless:
        await nameless.start("Salve", lang="it")
        (root,) = await slack.wait_for(slack.messages)
        await slack.operator_says("anna", "!reply orari", thread_ts=root.ts)
        await until(office, nameless, lambda found: "Buongiorno, oggi: 00:00-24:00." in texts(found))
    async with Citizen(office.url) as john:
        root = await asks(john, slack, "Hello", lang="en")
        await slack.operator_says("anna", "!reply orari", thread_ts=root.ts)
        await until(office, john, lambda found: "Today: 00:00-24:00." in texts(found))


async def test_without_a_name_they_are_listed(both: Both) -> None:
    await both.from_slack("!reply", "anna")
    await both.slack.wait_for(
        lambda: "• passaporto: Il passaporto si chiede" in both.on_slack()[-1], PATIENCE
    )
    await both.from_telegram("/reply", "marco")
    await both.telegram.wait_for(lambda: "• grazie: " in both.on_telegram()[-1], PATIENCE)
    assert texts(await entries(both.office, both.maria)) == ["Buongiorno"]


async def test_the_menu_on_slack_shows_how_an_answer_reads_and_sends_it(both: Both) -> None:
    await both.slack.operator_presses("anna", both.root, "menu")
    await both.slack.wait_for(lambda: both.slack.views, PATIENCE)
    (view_id,) = both.slack.views
    await both.slack.operator_chooses("anna", view_id, "orari")
    await both.slack.wait_for(
        lambda: "Buongiorno Maria Rossi, oggi" in str(both.slack.views[view_id]["blocks"]), PATIENCE
    )
    assert texts(await entries(both.office, both.maria)) == ["Buongiorno"]
    values = both.slack.views[view_id]["state"]["values"]
    await both.slack.operator_submits("anna", view_id, values)
    await until(
        both.office, both.maria, lambda found: "Buongiorno Maria Rossi, oggi: 00:00-24:00." in texts(found)
    )
    await both.telegram.wait_for(
        lambda: both.on_telegram() == ["Anna Bianchi: Buongiorno Maria Rossi, oggi: 00:00-24:00."], PATIENCE
    )


async def test_a_menu_that_slack_lets_open_no_more_is_said_so(both: Both) -> None:
    both.slack.socket_mode.hold()
    await both.slack.operator_presses("anna", both.root, "menu")
    both.slack.expire_triggers()
    both.slack.socket_mode.release()
    await both.slack.wait_for(lambda: "non si è aperto in tempo" in "".join(both.on_slack()), PATIENCE)


async def test_a_stale_menu_says_that_its_answer_is_gone_and_sends_nothing(both: Both) -> None:
    await both.slack.operator_presses("anna", both.root, "menu")
    await both.slack.wait_for(lambda: both.slack.views, PATIENCE)
    (view_id,) = both.slack.views
    gone = {"answer": {"answer": {"type": "static_select", "selected_option": {"value": "di ieri"}}}}
    await both.slack.operator_submits("anna", view_id, gone)
    await both.slack.wait_for(lambda: both.slack.acks and both.slack.acks[-1].payload, PATIENCE)
    payload = both.slack.acks[-1].payload
    assert payload is not None
    assert payload["response_action"] == "errors"
    assert "non c'è più" in payload["errors"]["answer"]
    assert texts(await entries(both.office, both.maria)) == ["Buongiorno"]


async def test_the_menu_on_telegram_has_pages_and_sends_what_is_pressed(both: Both) -> None:
    (heading, *_) = both.telegram.thread(both.topic.id)

    def buttons() -> tuple[str, ...]:
        return both.telegram.thread(both.topic.id)[0].buttons

    await both.telegram.operator_presses("marco", heading.id, "menu")
    await both.telegram.wait_for(lambda: "orari" in buttons(), PATIENCE)
    assert "risposta 04" not in buttons()
    await both.telegram.operator_presses("marco", heading.id, "› 2/2")
    await both.telegram.wait_for(lambda: "risposta 11" in buttons(), PATIENCE)
    await both.telegram.operator_presses("marco", heading.id, "risposta 11")
    await until(both.office, both.maria, lambda found: "Testo 11" in texts(found))
    await both.telegram.wait_for(lambda: "Risposta pronta…" in buttons(), PATIENCE)
    await both.slack.wait_for(lambda: both.on_slack() == ["Marco Rossi: Testo 11"], PATIENCE)


async def test_answers_that_fit_the_question_are_buttons_for_operators_only(
    office: RunningHub, slack: SlackStandIn, telegram: TelegramStandIn
) -> None:
    async with Citizen(office.url) as maria:
        await maria.start("Come posso rinnovare la carta d'identità?", name="Maria Rossi")
        (root,) = await slack.wait_for(slack.messages, PATIENCE)
        (topic,) = await telegram.wait_for(telegram.topics, PATIENCE)
        (first,) = await telegram.wait_for(lambda: telegram.thread(topic.id), PATIENCE)
        assert [b for b in first.buttons if b.startswith("💡")] == ["💡 carta d'identità"]
        assert [b for b in root.buttons if b.startswith("reply")] == ["reply-0"]
        events = [record.kind for record in await entries(office, maria)]
        assert events == [What.MESSAGE]
        await slack.operator_presses("anna", root.ts, "reply-0")
        await until(office, maria, lambda found: any("su appuntamento" in text for text in texts(found)))


async def test_a_question_that_no_answer_fits_has_no_suggestions(both: Both) -> None:
    assert not [b for b in both.slack.thread(both.root)[0].buttons if b.startswith("reply")]
    assert not [b for b in both.telegram.thread(both.topic.id)[0].buttons if b.startswith("💡")]
