"""The town's own texts: taken where they fit, and each fault told at its line."""

from pathlib import Path

import pytest

from settings import ConfigError, Settings, load


def with_texts(folder: Path, texts: str) -> Settings:
    path = folder / "config.yaml"
    path.write_text(f"office: {{name: URP}}\nhours: {{mon: 08:30-13:00}}\ntexts:\n{texts}\n")
    return load(path)


def refusal(folder: Path, texts: str) -> str:
    with pytest.raises(ConfigError) as refused:
        with_texts(folder, texts)
    return str(refused.value).replace(f"{folder}/", "")


def test_a_text_is_taken_without_the_blanks_around_it(tmp_path: Path) -> None:
    found = with_texts(tmp_path, '  it: {greeting: " Salve! "}\n  en:')
    assert found.texts == {"it": {"greeting": "Salve!"}}


def test_a_text_may_have_plural_forms_where_a_number_decides(tmp_path: Path) -> None:
    found = with_texts(tmp_path, '  en: {live_left: {one: "one more", other: "{count} more"}}')
    assert found.texts == {"en": {"live_left": {"one": "one more", "other": "{count} more"}}}


def test_nothing_under_the_key_is_no_texts(tmp_path: Path) -> None:
    assert with_texts(tmp_path, "").texts == {}


@pytest.mark.parametrize(
    ("texts", "fault"),
    [
        (
            '  it:\n    greting: "Salve!"',
            "config.yaml:5: texts.it.greting: found an unknown key, "
            "expected one of the keys in docs/texts.md (did you mean greeting?)",
        ),
        (
            '  it: {xyz: "Salve!"}',
            "config.yaml:4: texts.it.xyz: found an unknown key, expected one of the keys in docs/texts.md",
        ),
        (
            '  it:\n    closed: "Chiuso fino alle {time}"',
            "config.yaml:5: texts.it.closed: found the place {time}, expected no places in this text",
        ),
        (
            '  en: {at: "at {tme}"}',
            "config.yaml:4: texts.en.at: found the place {tme}, expected no other places than {time} in this text",
        ),
        (
            '  en: {at: "at { time }"}',
            "config.yaml:4: texts.en.at: found “at { time }”, "
            "expected { and } only around the name of a place, such as {time}",
        ),
        (
            "  en:\n    send: 5",
            'config.yaml:5: texts.en.send: found 5, expected some text, in quotes: "…"',
        ),
        ('  en: {send: " "}', "config.yaml:4: texts.en.send: found an empty text, expected some text"),
        ("  en: {send: }", "config.yaml:4: texts.en.send: found nothing, expected some text"),
        ("  en: {send: [a]}", "config.yaml:4: texts.en.send: found a list, expected some text"),
        (
            '  en: {send: {one: "a", other: "b"}}',
            "config.yaml:4: texts.en.send: found keys (one, other), "
            "expected one text: no number decides about this one",
        ),
        (
            '  en: {live_left: {few: "a", other: "b"}}',
            "config.yaml:4: texts.en.live_left.few: found an unknown plural form, expected one of one, other",
        ),
        (
            '  en: {live_left: {one: "a"}}',
            "config.yaml:4: texts.en.live_left: found keys (one), "
            "expected among them the plural form other, for all remaining numbers",
        ),
        (
            '  tlh: {send: "nuqneH"}',
            "config.yaml:4: texts.tlh: found a language that we do not speak, expected one of ",
        ),
        (
            "  en: Hello",
            'config.yaml:4: texts.en: found “Hello”, expected texts by their keys: {greeting: "…"} '
            "(docs/texts.md lists them)",
        ),
        (
            "  - Hello",
            'config.yaml:3: texts: found a list, expected texts by language and key: {it: {greeting: "…"}}',
        ),
    ],
)
def test_a_text_that_does_not_fit(tmp_path: Path, texts: str, fault: str) -> None:
    assert refusal(tmp_path, texts).startswith(fault)


def test_a_text_that_is_too_long(tmp_path: Path) -> None:
    assert "expected at most 1000 characters, not 1001" in refusal(
        tmp_path, f'  it: {{send: "{"a" * 1001}"}}'
    )


def test_all_faults_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    told = refusal(tmp_path, '  it: {snd: "a", at: "b {x}"}\n  xx: {}').splitlines()
    assert [line.split(":")[1] for line in told] == ["4", "4", "5"]
