"""What both platforms refuse by their own rules, and what operators see of it: their gestures work all the same."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from models.tables import What
from tests.both_office import Both, both_fixture  # noqa: F401 - used by name
from tests.citizen import Citizen
from tests.hub import RunningHub, hub_at
from tests.office import entries, texts, until
from tests.platforms.slack import SlackStandIn
from tests.platforms.telegram import LostReply, Refused, TelegramStandIn
from tests.slack_office import slack_fixture  # noqa: F401 - used by name
from tests.telegram_office import PATIENCE, listening, telegram_fixture  # noqa: F401 - used by name

LONGEST = 100
"""Characters of a name in `config.yaml`."""
LATE = "query is too old and response timeout expired or query ID is invalid"


def long_name(begins: str) -> str:
    """As long as it may be, of letters that take several bytes and UTF-16 units each."""
    return f"{begins} {'è🎉' * LONGEST}"[:LONGEST]


OFFICES = [long_name(f"Ufficio {number:02}") for number in range(60)]
ANSWERS = [long_name(f"residenza {number:03}") for number in range(110)]


@pytest_asyncio.fixture(name="office")
async def office_fixture(
    tmp_path: Path, slack: SlackStandIn, telegram: TelegramStandIn
) -> AsyncIterator[RunningHub]:
    """An office with more departments and ready answers, and longer names, than fit anywhere."""
    departments = [{"name": name} for name in OFFICES]
    replies = [{"name": name, "text": f"Testo di {name}"} for name in ANSWERS]
    async with hub_at(
        tmp_path, slack=slack, telegram=telegram, departments=departments, replies=replies
    ) as running:
        await slack.wait_for(lambda: slack.connected == 1, PATIENCE)
        await listening(telegram)
        yield running


def refusals(both: Both) -> list[str]:
    """What the two platforms did not take."""
    made = [*both.slack.calls, *both.telegram.calls]
    return [f"{call.method}: {call.outcome}" for call in made if call.outcome not in ("ok", "")]


async def test_the_longest_names_are_chosen_by_button_on_both(both: Both) -> None:
    await both.slack.operator_presses("anna", both.root, "pass", option=f"{both.maria.id}:{OFFICES[7]}")
    await until(both.office, both.maria, lambda found: [r for r in found if r.kind == What.PASSED])
    (passed,) = await entries(both.office, both.maria, What.PASSED)
    assert passed.data["department"] == OFFICES[7]
    (heading, *_) = both.telegram.thread(both.topic.id)

    def button(begins: str) -> str:
        shown = both.telegram.thread(both.topic.id)[0].buttons
        return next((label for label in shown if label.startswith(begins)), "")

    await both.telegram.operator_presses("marco", heading.id, "pass")
    await both.telegram.wait_for(lambda: button("Ufficio 59"), PATIENCE)
    await both.telegram.operator_presses("marco", heading.id, button("Ufficio 59"))
    await until(
        both.office,
        both.maria,
        lambda found: [r.data for r in found if r.kind == What.PASSED][-1]["department"] == OFFICES[59],
    )
    await both.slack.operator_presses("anna", both.root, "menu")
    await both.slack.wait_for(lambda: both.slack.views, PATIENCE)
    (view,) = both.slack.views
    await both.slack.operator_chooses("anna", view, ANSWERS[99])
    await both.slack.wait_for(
        lambda: f"Testo di {ANSWERS[99]}" in str(both.slack.views[view]["blocks"]), PATIENCE
    )
    await both.slack.operator_submits("anna", view, both.slack.views[view]["state"]["values"])
    await until(both.office, both.maria, lambda found: f"Testo di {ANSWERS[99]}" in texts(found))
    await both.telegram.operator_presses("marco", heading.id, "menu")
    await both.telegram.wait_for(lambda: button("residenza 007"), PATIENCE)
    await both.telegram.operator_presses("marco", heading.id, button("residenza 007"))
    await until(both.office, both.maria, lambda found: f"Testo di {ANSWERS[7]}" in texts(found))
    await both.settled()
    assert [one for one in refusals(both) if "not modified" not in one.lower()] == []


async def test_answers_with_the_longest_names_are_offered_under_the_question(
    office: RunningHub, slack: SlackStandIn, telegram: TelegramStandIn
) -> None:
    async with Citizen(office.url) as maria:
        await maria.start("La residenza?")
        (root,) = await slack.wait_for(slack.messages, PATIENCE)
        (topic,) = await telegram.wait_for(telegram.topics, PATIENCE)
        (first,) = await telegram.wait_for(lambda: telegram.thread(topic.id), PATIENCE)
        (offered, *_) = [label for label in first.buttons if label.startswith("💡")]
        await telegram.operator_presses("marco", first.id, offered)
        await slack.operator_presses("anna", root.ts, "reply-1")
        await until(office, maria, lambda found: len([t for t in texts(found) if "Testo di" in t]) == 2)


async def test_a_press_that_telegram_calls_too_old_still_does_what_it_says(both: Both) -> None:
    both.telegram.faults.add("answerCallbackQuery", Refused(LATE), times=None)
    (heading, *_) = both.telegram.thread(both.topic.id)
    await both.telegram.operator_presses("marco", heading.id, "take")
    await both.slack_shows("Se ne occupa Marco Rossi")
    assert both.office.hub.bridges["telegram"].health.problem is None


async def test_the_buttons_of_a_post_that_telegram_gives_no_more_still_work(both: Both) -> None:
    (heading, *_) = both.telegram.thread(both.topic.id)
    for button, shown in (("pass", "Ufficio 03"), ("←", "Chiudi"), ("block", "Blocca per"), ("←", "Chiudi")):
        await both.telegram.operator_presses("marco", heading.id, button, old=True)
        await both.telegram.wait_for(
            lambda shown=shown: [
                one for one in both.telegram.thread(both.topic.id)[0].buttons if one.startswith(shown)
            ],
            PATIENCE,
        )
    await both.telegram.operator_presses("marco", heading.id, "take", old=True)
    await both.slack_shows("Se ne occupa Marco Rossi")


async def test_an_edit_that_telegram_has_already_is_no_fault_and_no_news(both: Both) -> None:
    said = await both.from_slack("Alle 8")
    await both.telegram_shows("Anna Bianchi: Alle 8")
    await both.telegram.wait_for(lambda: both.telegram.topics()[0].name.startswith("🟢"), PATIENCE)
    both.telegram.faults.add("editMessageText", LostReply())
    await both.slack.operator_edits(said, "Alle 8:30")
    await both.telegram.wait_for(
        lambda: any("not modified" in call.outcome.lower() for call in both.telegram.calls), PATIENCE
    )
    await both.maria.say("Grazie")
    await both.telegram_shows("Anna Bianchi: Alle 8:30 (modificato)", "Maria Rossi: Grazie")
    assert both.office.hub.bridges["telegram"].health.problem is None
