"""No secret and nothing of a citizen's is ever in a log, on a page or in an error, whatever goes wrong."""

from pathlib import Path

import httpx

from tests.citizen import Citizen
from tests.platforms.slack import SlackStandIn
from tests.platforms.telegram import TelegramStandIn
from tests.program import Program, run

KEY = "a-key-that-nobody-may-read-anywhere"
PASSWORD = "geheim-and-secret"
PATHS = (
    "/", "/chat", "/desk", "/desk/login?key=wrong", "/healthz", "/readyz", "/metrics", "/nowhere",
    "/api/status", "/api/openapi.json", "/api/conversations", "/static/widget.js",
)  # fmt: skip


def secrets_of(slack: SlackStandIn, telegram: TelegramStandIn) -> list[str]:
    """What may be nowhere; of Telegram's token also the half that is no number."""
    return [slack.bot_token, slack.app_token, telegram.token, telegram.token.partition(":")[2], KEY]


async def test_logs_and_pages_hold_no_secret_and_no_citizen(tmp_path: Path) -> None:
    async with SlackStandIn() as slack, TelegramStandIn() as telegram:
        program = Program(tmp_path, slack, telegram)
        program.environment["SECRET_KEY"] = KEY
        lines = await program.start()
        pages: list[str] = []
        async with Citizen(program.url) as citizen:
            assert (
                await citizen.start("Il mio codice è RSSMRA80A01D612X", name="Maria Rossi")
            ).status_code == 201
            await slack.wait_for(slack.messages)
            await citizen.say("E la mia e-mail è maria@esempio.example")
            pages += [(await citizen.http.get(path)).text for path in PATHS]
        before = len(program.errors)
        await slack.stop()
        await telegram.stop()
        await program.logged("WARNING routing.hub: slack: ", after=before)
        await program.logged("WARNING routing.hub: telegram: ", after=before)
        async with httpx.AsyncClient(base_url=program.url) as http:
            pages += [(await http.get("/readyz")).text, (await http.get("/metrics")).text]
        await program.stop()
        said = [*lines, program.errors.decode(), *pages]
        for secret in [*secrets_of(slack, telegram), citizen.token]:
            assert not [text for text in said if secret in text]
        for private in ("RSSMRA80A01D612X", "Maria", "maria@"):
            assert private not in program.errors.decode()


async def test_check_holds_no_secret_when_the_platforms_refuse_or_are_not_there(tmp_path: Path) -> None:
    async with SlackStandIn() as slack, TelegramStandIn() as telegram:
        program = Program(tmp_path, slack, telegram)
        wrong = {
            "SLACK_BOT_TOKEN": "xoxb-111-222-wrongwrongwrong",
            "SLACK_APP_TOKEN": "xapp-1-A1-222-wrongwrongwrong",
            "TELEGRAM_BOT_TOKEN": "987654:AAwrongwrongwrongwrongwrongwrongwrong",
        }
        right = dict(program.environment)
        well = await program.run("check")
        program.environment |= wrong
        refused = await program.run("check")
        program.environment = right
    absent = await program.run("check")
    assert (well.status, refused.status, absent.status) == (0, 1, 1), well.errors
    assert f"{program.config}: all is well" in well.out
    lines = program.config.read_text().splitlines()
    for platform in ("slack", "telegram"):
        line = next(n for n, text in enumerate(lines, 1) if f'"{platform}"' in text)
        for ran in (refused, absent):
            assert f"{program.config}:{line}: bridges.{platform}: " in ran.errors
    for ran in (well, refused, absent):
        for secret in [*secrets_of(slack, telegram), *wrong.values()]:
            assert secret not in ran.out + ran.errors
        assert "Traceback" not in ran.errors


async def test_an_env_file_that_others_may_read_is_told_and_one_that_they_may_not_is_not(
    tmp_path: Path,
) -> None:
    program = Program(tmp_path)
    secrets = tmp_path / ".env"
    secrets.write_text("")
    secrets.chmod(0o644)
    open_to_all = await program.run("check")
    assert f"{secrets} is open to other users of this machine: chmod 600 {secrets}" in open_to_all.errors
    assert open_to_all.status == 0
    secrets.chmod(0o600)
    assert (await program.run("check")).errors == ""


async def test_a_database_that_cannot_be_reached_is_told_without_its_password(tmp_path: Path) -> None:
    program = Program(tmp_path)
    program.environment["DATABASE_URL"] = f"postgresql://linea:{PASSWORD}@127.0.0.1:9/linea"
    for words in (("serve",), ("export",)):
        ran = await program.run(*words)
        assert ran.status == 1
        assert "linea: the database postgresql://linea:***@127.0.0.1:9/linea cannot be used" in ran.errors
        assert PASSWORD not in ran.out + ran.errors
        assert "Traceback" not in ran.errors


async def test_a_token_in_the_configuration_is_refused_and_not_repeated(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(
        "office: {name: URP}\nSLACK_BOT_TOKEN: xoxb-1234-5678-abcdefgh\nhours: {mon: 09:00-12:00}\n"
    )
    ran = await run("check", "--config", str(config))
    assert ran.status == 2
    assert f"{config}:2: " in ran.errors
    assert "abcdefgh" not in ran.errors
