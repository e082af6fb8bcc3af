"""Rules at work: where a citizen's first message goes, and what ``./linea route`` says of it."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.citizen import Citizen
from tests.hub import ALWAYS, Clock, hub_at
from tests.platforms.slack import SlackStandIn
from tests.program import Program
from tests.slack_office import slack_fixture  # noqa: F401 - used by name

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
