"""Secrets come from the environment or ``.env``, and from nowhere else; nothing shows them."""

from pathlib import Path

import pytest

from settings import ConfigError, Secrets, address_in, line_of_secret

NAMES = [
    "SLACK_BOT_TOKEN",
    "SLACK_APP_TOKEN",
    "TELEGRAM_BOT_TOKEN",
    "DATABASE_URL",
    "REDIS_URL",
    "SECRET_KEY",
]


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def test_without_a_file_and_an_environment_there_are_none(tmp_path: Path) -> None:
    assert Secrets.read(tmp_path / ".env") == Secrets()


@pytest.mark.parametrize("name", NAMES)
def test_each_is_read_from_the_file(tmp_path: Path, name: str) -> None:
    (tmp_path / ".env").write_text(f"# a comment\n{name}='first second'\n")
    found = getattr(Secrets.read(tmp_path / ".env"), name.lower())
    assert found.get_secret_value() == "first second"


def test_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("SECRET_KEY=from-the-file\n")
    monkeypatch.setenv("SECRET_KEY", "from-outside")
    found = Secrets.read(tmp_path / ".env").secret_key
    assert found is not None
    assert found.get_secret_value() == "from-outside"


def test_an_empty_one_is_not_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("SECRET_KEY=from-the-file\nREDIS_URL=\n")
    monkeypatch.setenv("SECRET_KEY", "")
    found = Secrets.read(tmp_path / ".env")
    assert found.redis_url is None
    assert found.secret_key is not None
    assert found.secret_key.get_secret_value() == "from-the-file"


def test_a_dollar_sign_is_only_a_dollar_sign(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DATABASE_URL=postgresql://linea:a${HOME}b@db/linea\n")
    found = Secrets.read(tmp_path / ".env").database_url
    assert found is not None
    assert found.get_secret_value() == "postgresql://linea:a${HOME}b@db/linea"


def test_nothing_shows_them(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("".join(f"{name}=sesamo\n" for name in NAMES))
    found = Secrets.read(tmp_path / ".env")
    assert all(getattr(found, name.lower()) is not None for name in NAMES)
    assert "sesamo" not in f"{found} {found!r} {found.model_dump()} {found.model_dump_json()}"


def test_a_file_that_is_no_text_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"SECRET_KEY=perch\xe9\n")
    with pytest.raises(ConfigError) as refused:
        Secrets.read(tmp_path / ".env")
    assert str(refused.value.faults[0]).endswith(
        ".env:1: found a character that is not UTF-8, expected text saved with the encoding UTF-8"
    )


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("SECRET_KEY=a\n", 1),
        ("# a remark\n\nSLACK_BOT_TOKEN=x\n  export SECRET_KEY = a\n", 4),
        ("NOT_SECRET_KEY=a\nSECRET_KEY=b\n", 2),
        ("SLACK_BOT_TOKEN=x\n", 1),
    ],
)
def test_a_secrets_line_is_found(tmp_path: Path, text: str, line: int) -> None:
    env = tmp_path / ".env"
    env.write_text(text)
    assert line_of_secret(env, "SECRET_KEY") == line


def test_secrets_of_one_office_among_several_come_from_its_file_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "everybody's")
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "everybody's")
    (tmp_path / ".env").write_text("SECRET_KEY=its own\n")
    given = Secrets.read(tmp_path / ".env", {})
    assert given.secret_key is not None
    assert given.secret_key.get_secret_value() == "its own"
    assert given.telegram_bot_token is None


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("server: {public_url: https://Chat.Example/}\nhours: {mon: nonsense}\n", "https://chat.example"),
        ("server: {public_url: nonsense}\n", None),
        ("server: [1, 2]\n", None),
        ("hours: {}\n", None),
        ("server: {public_url: https://chat.example\n", None),
        ("", None),
    ],
)
def test_the_address_in_a_broken_file_is_known_where_it_can_be(
    tmp_path: Path, text: str, address: str | None
) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(text)
    assert address_in(config) == address
    assert address_in(tmp_path) is None
    assert address_in(tmp_path / "nothing.yaml") is None
