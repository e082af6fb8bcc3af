"""Rules at work: where a citizen's first message goes, and what ``./linea route`` says of it."""

import re
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from tests.citizen import Citizen
from tests.hub import ALWAYS, Clock, hub_at
from tests.office import next_answer
from tests.platforms.slack import SlackStandIn
from tests.platforms.telegram import TelegramStandIn
from tests.program import Program
from tests.slack_office import slack_fixture  # noqa: F401 - used by name
from tests.telegram_office import PATIENCE, listening, telegram_fixture  # noqa: F401 - used by name

MORNING = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
EVENING = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)
DEPARTMENTS = [
    {"name": "Anagrafe", "when": {"page": "*/anagrafe/*", "open": True}, "hours": {"mon": "09:00-12:00"}},
    {"name": "Tributi", "when": {"words": ["tari", "imu"], "language": "it", "match": "any"}},
    {"name": "Biblioteca"},
    {"name": "Estero", "when": {"language": ["en", "fr"]}},
]
PAGE = "https://comune.example/anagrafe/cie"


@pytest.mark.parametrize(
    ("at", "page", "text", "lang", "where"),
    [
        (MORNING, PAGE, "Buongiorno", "it", "Anagrafe"),
        (EVENING, PAGE, "Good evening", "en", "Estero"),
        (EVENING, PAGE, "What is the TARI?", "en", "Tributi"),
        (EVENING, PAGE, "Guten Abend", "de", None),
    ],
)
async def test_the_first_message_decides_which_channel_sees_it(
    slack: SlackStandIn, tmp_path: Path, at: datetime, page: str, text: str, lang: str, where: str | None
) -> None:
    departments, channels = [], {None: slack.channel}
    for one in DEPARTMENTS:
        channels[one["name"]] = slack.workspace.add_channel(str(one["name"]).lower()).id
        departments.append(one | {"slack": {"channel": channels[one["name"]]}})
    async with (
        hub_at(tmp_path, slack=slack, clock=Clock(at), hours=ALWAYS, departments=departments) as office,
        Citizen(office.url) as citizen,
    ):
        assert (await citizen.start(text, page=page, lang=lang)).status_code == 201
        shown = await slack.wait_for(lambda: slack.messages(channels[where]))
    assert text in shown[0].text


@pytest.mark.parametrize(
    ("own", "department"),
    [
        (("slack", "telegram"), "Anagrafe"),
        (("slack",), "Tributi"),
        (("telegram",), "Biblioteca"),
        ((), "Estero"),
    ],
)
async def test_a_department_answers_from_all_of_its_places_and_the_offices_where_it_has_none(
    slack: SlackStandIn, telegram: TelegramStandIn, tmp_path: Path, own: tuple[str, ...], department: str
) -> None:
    channel, group = slack.add_channel("proprio"), telegram.add_chat()
    places = {"slack": {"channel": channel}, "telegram": {"chat": group}}
    departments = [{"name": department, **{name: places[name] for name in own}}]
    there = channel if "slack" in own else slack.channel
    here = group if "telegram" in own else telegram.chat
    async with (
        hub_at(tmp_path, slack=slack, telegram=telegram, departments=departments) as office,
        Citizen(office.url) as citizen,
        httpx.AsyncClient(base_url=office.url, follow_redirects=True) as desk,
    ):
        await slack.wait_for(lambda: slack.connected == 1)
        await listening(telegram)
        await citizen.start("Buongiorno", name="Maria Rossi", department=department)
        (root,) = await slack.wait_for(lambda: slack.messages(there), PATIENCE)
        (topic,) = await telegram.wait_for(lambda: telegram.topics(here), PATIENCE)
        await telegram.wait_for(lambda: telegram.thread(topic.id, here), PATIENCE)
        async with citizen.listening() as stream:
            await slack.operator_says("anna", "Da Slack", thread_ts=root.ts)
            assert (await next_answer(stream))["text"] == "Da Slack"
            await telegram.operator_says("marco", "Da Telegram", thread=topic.id, chat=here)
            assert (await next_answer(stream))["text"] == "Da Telegram"
        await slack.wait_for(lambda: "Marco Rossi: Da Telegram" in slack.thread(root.ts)[-1].text, PATIENCE)
        await telegram.wait_for(
            lambda: "Anna Bianchi: Da Slack" in [m.text for m in telegram.thread(topic.id, here)], PATIENCE
        )
        page = await desk.get(office.desk_link)
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page.text))
        page = await desk.post("/desk/login", data=hidden | {"name": "Lucia Verdi"})
        assert "Maria Rossi" in page.text
        assert department in page.text
    elsewhere = [slack.messages(one) for one in {channel, slack.channel} - {there}]
    elsewhere += [telegram.topics(one) for one in {group, telegram.chat} - {here}]
    assert not any(elsewhere), "a place that is not the department's was told"


async def test_route_says_which_rule_decides_and_why_those_before_do_not(tmp_path: Path) -> None:
    program = Program(tmp_path, hours=ALWAYS, departments=DEPARTMENTS)
    ran = await program.run(
        "route", "--page", PAGE, "--text", "Hi, the tari?", "--lang", "en", "--at", "2026-11-23 20:00"
    )
    assert (ran.status, ran.errors) == (0, "")
    assert ran.out.splitlines() == [
        "Anagrafe: la regola non vale: la pagina corrisponde a “*/anagrafe/*”, l'ufficio in quel momento non è aperto",
        "Tributi: la regola vale: la lingua non è tra “it”, nel testo c'è “tari”; ne basta una",
        "Biblioteca: non si chiede più",
        "Estero: non si chiede più",
        "Va a: Tributi (scrivania)",
        "L'orario è quello di config.yaml (23/11/2026 20:00), senza gli «offline» degli operatori.",
    ]


async def test_route_says_where_a_conversation_goes_on_that_nobody_answers(tmp_path: Path) -> None:
    waiting = {"escalate_to": "Biblioteca", "escalate_after": "10m"}
    departments = [*DEPARTMENTS[1:2], DEPARTMENTS[2] | {"hours": {"mon": "09:00-12:00"}}]
    program = Program(tmp_path, hours=ALWAYS, departments=departments, waiting=waiting)
    words = ("route", "--text", "La TARI?", "--at")
    moves_on = "Se nessuno risponde entro 10 minuti: passa a Biblioteca (scrivania)"
    assert moves_on in (await program.run(*words, "2026-11-23 10:00")).out.splitlines()
    assert moves_on not in (await program.run(*words, "2026-11-23 20:00")).out  # nobody is there then
    its_own = await program.run("route", "--department", "Biblioteca", "--at", "2026-11-23 10:00")
    assert "Se nessuno risponde" not in its_own.out


async def test_route_tells_a_choice_and_where_no_rule_fits_and_a_time_that_is_none(tmp_path: Path) -> None:
    office = {"name": "URP", "language": "en"}
    program = Program(tmp_path, office=office, hours=ALWAYS, departments=DEPARTMENTS)
    ran = await program.run("route", "--department", "biblioteca", "--page", PAGE)
    assert ran.out.splitlines()[0] == "Biblioteca: the citizen chose it, and that comes before every rule"
    assert "Goes to: Biblioteca (desk)" in ran.out
    ran = await program.run("route", "--lang", "de", "--department", "Sport")
    assert "Sport: chosen by the citizen, but there is no department of this name" in ran.out
    assert "No rule fits: the conversation is the whole office's." in ran.out
    ran = await program.run("route", "--at", "tomorrow")
    assert (ran.status, ran.out) == (1, "")
    assert ran.errors.startswith("linea: --at: found tomorrow, expected a moment such as “")
