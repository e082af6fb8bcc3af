"""What two offices of one installation must not have in common, and how it is told."""

import json
from pathlib import Path
from typing import Any

import pytest

from running.claims import Claims, claims_of
from settings import Secrets, load

TOKENS = {
    "SLACK_BOT_TOKEN": "xoxb-{n}-1",
    "SLACK_APP_TOKEN": "xapp-1-A{n}-1-secret",
    "TELEGRAM_BOT_TOKEN": "{n}:secret-half",
    "SECRET_KEY": "the key of {n}",
}


def office(folder: Path, number: int, secrets: dict[str, str], **changes: Any) -> Any:
    """The claims of an office that is like no other but for what the test says."""
    folder.mkdir(exist_ok=True)
    config = folder / "config.yaml"
    whole = {
        "office": {"name": f"URP {number}"},
        "server": {"public_url": f"https://chat{number}.example"},
        "hours": {"mon": "09:00-12:00"},
        "bridges": {"slack": {"channel": f"C000{number}"}, "telegram": {"chat": -1000 - number}},
    } | changes
    config.write_text(json.dumps(whole, indent=1))
    given = {key: value.format(n=number) for key, value in TOKENS.items()} | secrets
    (folder / ".env").write_text("".join(f"{key}={value}\n" for key, value in given.items()))
    return claims_of(load(config), config, Secrets.read(folder / ".env", {}))


def told(tmp_path: Path, secrets: dict[str, str] | None = None, **changes: Any) -> list[str]:
    """What is said of a second office that differs from the first but in this."""
    claims = Claims()
    claims.hold("first", office(tmp_path / "first", 1, {}))
    return claims.conflicts("second", office(tmp_path / "second", 2, secrets or {}, **changes))


def test_two_offices_that_share_nothing_get_on(tmp_path: Path) -> None:
    assert told(tmp_path) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("SLACK_BOT_TOKEN", "xoxb-1-1"),
        ("SLACK_APP_TOKEN", "xapp-1-A1-2-another-token-of-the-same-app"),
        ("TELEGRAM_BOT_TOKEN", "1:a-new-token-of-the-same-bot"),
        ("SECRET_KEY", "the key of 1"),
    ],
)
def test_a_shared_secret_is_told_with_its_line_and_without_itself(
    tmp_path: Path, key: str, value: str
) -> None:
    line = list(TOKENS).index(key) + 1
    (words,) = told(tmp_path, {key: value})
    assert words.startswith(f"{tmp_path}/second/.env:{line}: {key}: found a ")
    assert "which the office “first” has already, expected " in words
    assert value not in words


@pytest.mark.parametrize(
    ("changes", "line", "words"),
    [
        (
            {"server": {"public_url": "https://chat1.example"}},
            6,
            "server.public_url: found https://chat1.example",
        ),
        ({"bridges": {"slack": {"channel": "C0001"}}}, 13, "bridges.slack.channel: found C0001"),
        ({"bridges": {"telegram": {"chat": -1001}}}, 13, "bridges.telegram.chat: found -1001"),
        (
            {"departments": [{"name": "Anagrafe", "telegram": {"chat": -1001}}]},
            23,
            "departments.1.telegram.chat: found -1001",
        ),
    ],
)
def test_a_shared_address_or_chat_is_told_with_its_line(
    tmp_path: Path, changes: dict[str, Any], line: int, words: str
) -> None:
    (found,) = told(tmp_path, **changes)
    assert found.startswith(
        f"{tmp_path}/second/config.yaml:{line}: {words}, which the office “first” has already"
    )


def test_one_database_is_told_however_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "first")
    for written in ("../first/data/linea.db", "../link/data/linea.db"):
        found = told(tmp_path, database=f"sqlite:///{written}")
        assert len(found) == 2
        assert all("/second/config.yaml:" in words and ": database: found a d" in words for words in found)
    (found_one,) = told(tmp_path, database="sqlite:///../first/data/other.db")
    assert "expected one in a folder of its own" in found_one


def test_a_key_that_was_copied_with_its_folder_is_told(tmp_path: Path) -> None:
    claims = Claims()
    for name in ("first", "second"):
        (tmp_path / name / "data").mkdir(parents=True)
        (tmp_path / name / "data" / "secret_key").write_text("made once, and copied\n")
    claims.hold("first", office(tmp_path / "first", 1, {"SECRET_KEY": ""}))
    (words,) = claims.conflicts("second", office(tmp_path / "second", 2, {"SECRET_KEY": ""}))
    assert words.startswith(f"{tmp_path}/second/data/secret_key:1: the key: found a key, which the office")


def test_chats_of_a_platform_that_is_off_are_nobodys(tmp_path: Path) -> None:
    off = {"SLACK_BOT_TOKEN": "", "TELEGRAM_BOT_TOKEN": ""}
    shared = {"bridges": {"slack": {"channel": "C0001"}, "telegram": {"chat": -1001}}}
    assert told(tmp_path, off, **shared) == []


def test_what_an_office_lets_go_is_free(tmp_path: Path) -> None:
    claims = Claims()
    mine = office(tmp_path / "first", 1, {})
    claims.hold("first", mine)
    assert claims.conflicts("first", mine) == []
    assert claims.conflicts("second", mine)
    claims.hold("first", mine[1:])
    assert claims.conflicts("second", mine[:1]) == []
    claims.let_go("first")
    assert claims.conflicts("second", mine) == []
