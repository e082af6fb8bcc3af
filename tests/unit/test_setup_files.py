"""What ``./linea setup`` changes in config.yaml and .env: its own lines, and nothing else to the letter."""

import stat
from pathlib import Path

import pytest

from running.errors import StartError
from running.wizard import english, files, italian
from running.wizard.config_file import NotEdited, with_bridge
from settings.document import parse
from tests.program import ROOT

CHANNEL = {"channel": "C0NEW00001"}
CASES = {
    "nothing but comments": (
        "office: {name: URP}\nbridges:   # where\n  #slack: {channel: C0}\n\nlimits: unlimited  # all\n",
        "office: {name: URP}\nbridges:   # where\n  slack: {channel: C0NEW00001}\n  #slack: {channel: C0}\n"
        "\nlimits: unlimited  # all\n",
    ),
    "a word for nothing": ("bridges: ~  # none\n", "bridges: {slack: {channel: C0NEW00001}}  # none\n"),
    "empty brackets": ("bridges: {}\n", "bridges: {slack: {channel: C0NEW00001}}\n"),
    "no such key": ("hours: {}  # x", "hours: {}  # x\n\nbridges:\n  slack: {channel: C0NEW00001}\n"),
    "another bridge": (
        "bridges:\n    # the group\n    telegram: {chat: -1}  # T\nx: 1\n",
        "bridges:\n    # the group\n    slack: {channel: C0NEW00001}\n    telegram: {chat: -1}  # T\nx: 1\n",
    ),
    "another bridge in brackets": (
        "bridges: {telegram: {chat: -1}}  # T\n",
        "bridges: {slack: {channel: C0NEW00001}, telegram: {chat: -1}}  # T\n",
    ),
    "the same bridge in brackets": (
        "bridges:\n  slack: {channel: C0OLD, api_url: \"http://a\"}   # S\n",
        "bridges:\n  slack: {channel: C0NEW00001, api_url: \"http://a\"}   # S\n",
    ),
    "the same bridge on lines": (
        "bridges:\n  slack:\n    api_url: http://a\n    channel: 'C0OLD'  # which\n",
        "bridges:\n  slack:\n    api_url: http://a\n    channel: C0NEW00001  # which\n",
    ),
    "the bridge's name alone": ("bridges:\n  slack:  # soon\n", "bridges:\n  slack: {channel: C0NEW00001}  # soon\n"),
    "lines of Windows": (
        "a: 1\r\nbridges:\r\nb: 2\r\n",
        "a: 1\r\nbridges:\r\n  slack: {channel: C0NEW00001}\r\nb: 2\r\n",
    ),
    "JSON": ('{\n "a": 1,\n "b": {}\n}', '{\n "bridges": {"slack": {"channel": "C0NEW00001"}}, "a": 1,\n "b": {}\n}'),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_only_the_bridges_lines_change(case: str) -> None:
    before, after = CASES[case]
    assert with_bridge(before, "slack", CHANNEL) == after
    assert with_bridge(after, "slack", CHANNEL) == after


def test_the_shipped_configuration_keeps_every_line_it_has() -> None:
    text = (ROOT / "config.yaml").read_text(encoding="utf-8")
    for platform, values in (("slack", CHANNEL), ("telegram", {"chat": -1001234567890})):
        edited = with_bridge(text, platform, values)
        assert parse(edited).value["bridges"] == {platform: values}
        added = [line for line in edited.splitlines() if line not in text.splitlines()]
        assert len(added) == 1
        assert [line for line in edited.splitlines() if line not in added] == text.splitlines()


def test_an_address_of_ones_own_is_written_too() -> None:
    values = CHANNEL | {"api_url": "http://127.0.0.1:9/api/"}
    edited = with_bridge("bridges:\n  slack: {channel: C0OLD}\n", "slack", values)
    assert parse(edited).value["bridges"]["slack"] == values


@pytest.mark.parametrize(
    "text",
    [
        "bridges: &b {telegram: {chat: -1}}\nother: *b\n",
        "? bridges\n: \n",
        "- a\n",
        "bridges: [\n",
        "a: 1\n...\n",
    ],
)
def test_what_cannot_be_changed_alone_is_left(text: str) -> None:
    with pytest.raises(NotEdited):
        with_bridge(text, "slack", CHANNEL)


def test_the_other_lines_of_an_env_file_stay() -> None:
    before = (
        "# ours\nSECRET_KEY='a b'\n\nexport SLACK_BOT_TOKEN=old # note\nLONG=\"x\ny\"\nSLACK_BOT_TOKEN=older"
    )
    after = files.with_secrets(before, {"SLACK_BOT_TOKEN": "xoxb-new", "SLACK_APP_TOKEN": "xapp-new"})
    assert after == (
        "# ours\nSECRET_KEY='a b'\n\nexport SLACK_BOT_TOKEN=xoxb-new\nLONG=\"x\ny\"\nSLACK_APP_TOKEN=xapp-new\n"
    )
    assert files.with_secrets("", {"A": "b"}) == "A=b\n"
    assert files.with_secrets("X=1", {"A": "b"}) == "X=1\nA=b\n"


def test_an_env_file_becomes_its_owners_alone_and_a_configuration_keeps_its_mode(tmp_path: Path) -> None:
    config, env = tmp_path / "config.yaml", tmp_path / ".env"
    config.write_text("a: 1\n")
    config.chmod(0o644)
    env.write_text("X=1\n")
    env.chmod(0o644)
    files.write_secrets(env, {"A": "b"}, like=config)
    files.replace(config, "a: 2\n", like=config)
    assert (stat.S_IMODE(env.stat().st_mode), env.read_text()) == (0o600, "X=1\nA=b\n")
    assert (stat.S_IMODE(config.stat().st_mode), config.read_text()) == (0o644, "a: 2\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".env", "config.yaml"]


def test_a_link_stays_a_link_and_what_it_leads_to_is_changed(tmp_path: Path) -> None:
    real, link = tmp_path / "real.yaml", tmp_path / "config.yaml"
    real.write_text("a: 1\n")
    link.symlink_to(real)
    files.replace(link, "a: 2\n", like=link)
    assert link.is_symlink()
    assert real.read_text() == "a: 2\n"


def test_a_text_that_is_no_configuration_replaces_nothing(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("a: 1\n")

    def refuse(path: Path) -> None:
        raise StartError("no")

    with pytest.raises(StartError):
        files.replace(config, "a: 2\n", like=config, check=refuse)
    assert config.read_text() == "a: 1\n"
    assert list(tmp_path.iterdir()) == [config]


def test_both_languages_say_the_same_with_the_same_facts() -> None:
    assert english.TEXTS.keys() == italian.TEXTS.keys()
    for key, text in english.TEXTS.items():
        assert {part.split("}")[0] for part in text.split("{")[1:]} == {
            part.split("}")[0] for part in italian.TEXTS[key].split("{")[1:]
        }, key
