"""A file that is no configuration at all: its syntax, its encoding, its kind."""

from pathlib import Path

import pytest

from settings import ConfigError, load
from tests.faulty import START, told


class TestSyntax:
    @pytest.mark.parametrize(
        ("lines", "line", "said"),
        [
            (
                "server:\n\tport: 1",
                4,
                "found a tab at the beginning of the line, expected spaces: tabs cannot indent here",
            ),
            ("server:\n  port: 1\n host: x", 5, "found an indentation that fits no line above"),
            ("server:\n  host: x\n    port: 1", 5, "found a colon that cannot stand here"),
            ("waiting: a: b", 3, "found a colon that cannot stand here"),
            (
                "waiting\nlimits: {}",
                3,
                "found a line without a colon, expected a key, a colon and a blank: key: value",
            ),
            ("server: {port: 1\nlimits: {}", 3, "found a { without its }, expected both"),
            ("server: {allowed_origins: [a}", 3, "found a [ without its ], expected both"),
            ("waiting: 'a\n", 3, "found a quote that is not closed"),
            ('waiting: "a\\d"', 3, "found a backslash in double quotes"),
            (
                "departments: [{name: A, when: {page: */anagrafe/*}}]",
                3,
                "found a * at the beginning, expected quotes",
            ),
            ("departments: *x", 3, "found a * at the beginning, expected quotes"),
            ("database: @x", 3, "found a sign that cannot begin a text, expected quotes"),
            ("database: `x`", 3, "found a sign that cannot begin a text, expected quotes"),
            ("database: &/x", 3, "found an & at the beginning, expected quotes"),
            ("database: !reply", 3, "found an exclamation mark at the beginning, expected quotes"),
            ("database: !a!b x", 3, "found an exclamation mark at the beginning, expected quotes"),
            ("---\nserver: {}", 3, "found a second document (after a line ---), expected one document only"),
            ("database: a\x07b", 3, "found a character that is no text, expected plain text"),
            ("a: - b", 3, "found a - that cannot stand here, expected a list to begin on its own line"),
        ],
    )
    def test_is_told_with_its_line_in_words(self, tmp_path: Path, lines: str, line: int, said: str) -> None:
        first = told(tmp_path, f"{START}{lines}\n")[0]
        where, words = first.split(": ", 1)
        assert where == f"config.yaml:{line}"
        assert said in first or words.startswith(said)

    def test_anything_else_is_told_too(self, tmp_path: Path) -> None:
        assert told(tmp_path, f"{START}database: |x\n  y\n") == [
            "config.yaml:3: found something that cannot be understood, expected lines such as key: value, "
            "each group with the same indentation, quotes and brackets closed"
        ]

    def test_a_file_that_multiplies_itself(self, tmp_path: Path) -> None:
        lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
        assert "found far too much (is something repeated with * ?)" in told(tmp_path, "\n".join(lines))[0]

    def test_a_file_that_contains_itself(self, tmp_path: Path) -> None:
        assert "found far too much" in told(tmp_path, "a: &a [*a]\n")[0]

    def test_a_file_of_brackets(self, tmp_path: Path) -> None:
        assert "found far too m" in told(tmp_path, "a: " + "[" * 3000 + "]" * 3000)[0]


class TestFiles:
    @pytest.mark.parametrize("content", ["", "\n\n", "# nothing but a comment\n", "---\n"])
    def test_an_empty_one(self, tmp_path: Path, content: str) -> None:
        said = "config.yaml:1: found an empty file, expected keys such as office: and hours:"
        assert told(tmp_path, content) == [said]

    @pytest.mark.parametrize("content", ["- a\n", "only words\n", "42\n"])
    def test_one_without_keys(self, tmp_path: Path, content: str) -> None:
        assert told(tmp_path, content) == [
            "config.yaml:1: found no keys, expected keys such as office: and hours:"
        ]

    def test_one_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError) as refused:
            load(tmp_path / "other.yaml")
        assert str(refused.value) == (
            f"{tmp_path}/other.yaml:1: found no such file, "
            "expected a configuration: name one with --config, or copy the one shipped"
        )

    def test_a_folder(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigError, match=r":1: found a folder, expected the configuration file itself"):
            load(tmp_path)

    def test_one_that_never_ends(self) -> None:
        with pytest.raises(ConfigError, match=r":1: found something that is not a file"):
            load(Path("/dev/zero"))

    def test_one_under_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_text("")
        with pytest.raises(ConfigError, match=r"found that it cannot be read \(not a directory\)"):
            load(tmp_path / "a" / "config.yaml")

    def test_one_in_another_encoding(self, tmp_path: Path) -> None:
        said = told(tmp_path, f"{START}# perché\n".encode("latin-1"))
        assert said == [
            "config.yaml:3: found a character that is not UTF-8, "
            "expected the file to be saved with the encoding UTF-8"
        ]

    def test_one_that_is_too_large(self, tmp_path: Path) -> None:
        said = told(tmp_path, "# " + "x" * 300 * 1024)
        assert said == ["config.yaml:1: found 300 KiB, expected a configuration of at most 256 KiB"]
