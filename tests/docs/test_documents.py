"""The documents are true: what they link to is there, what they name exists, what they say to type works."""

import re
from pathlib import Path

import pytest

from running.wizard import english
from tests.program import ROOT, run

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
COMMANDS = ("serve", "check", "hours", "route", "setup", "export", "erase", "backup", "restore", "move")
VERBS = {"copies": "copy", "carries": "carry"}


def links(document: Path) -> list[tuple[str, Path, str]]:
    """The text, the file and the anchor of each link within the repository."""
    found = []
    for text, target in LINK.findall(document.read_text(encoding="utf-8")):
        if not re.match(r"[a-z]+:", target):
            path, _, anchor = target.partition("#")
            found.append((text, (document.parent / path).resolve() if path else document, anchor))
    return found


def named(document: Path) -> str:
    return str(document.relative_to(ROOT))


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_link_leads_to_a_file_that_is_there(document: Path) -> None:
    for text, path, anchor in links(document):
        assert path.exists(), f"[{text}]"
        if anchor and path.suffix == ".md":
            headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
            slugs = [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]
            assert anchor in slugs, f"[{text}]"


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_function_that_a_link_names_is_in_the_file_it_leads_to(document: Path) -> None:
    for text, path, _ in links(document):
        name = re.fullmatch(r"`(\w+)`", text)
        if name and path.suffix == ".py":
            assert re.search(
                rf"^\s*(async def|def|class) {name[1]}\b", path.read_text(encoding="utf-8"), re.MULTILINE
            ), f"{name[1]} in {path.name}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_file_and_folder_that_is_named_is_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for name in re.findall(
        r"`((?:tests|web|routing|bridges|running|models|schedules|settings|texts)/[\w./-]*)`", text
    ):
        assert (ROOT / name).exists(), name


def test_the_ways_of_a_message_take_at_most_seven_calls() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    ways = [part for part in text.split("\n## ") if part.startswith("From ")]
    assert len(ways) == 2
    for way in ways:
        steps = re.findall(r"^\d+\. \[`\w+`\]\(\.\./", way, re.MULTILINE)
        assert len(steps) == len(re.findall(r"^\d+\. ", way, re.MULTILINE))
        assert 1 < len(steps) <= 7


def test_the_readme_begins_with_two_commands() -> None:
    block = (ROOT / "README.md").read_text(encoding="utf-8").split("```")[1].strip().splitlines()
    assert len(block) == 2
    assert block[0].startswith("git clone ")
    assert block[1] == "./linea serve"


def test_what_is_checked_is_what_the_readme_says() -> None:
    command = (ROOT / ".ci" / "run").read_text().strip().splitlines()[-1].removeprefix("exec ")
    assert f"`{command}`" in (ROOT / "README.md").read_text(encoding="utf-8")


async def test_the_readme_says_of_each_command_what_its_own_help_says() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `\./linea (\w+)` \| (.+?) \|$", readme, re.MULTILINE))
    whole = (await run("--help")).out
    listed = re.findall(r"^    (\w+) ", whole, re.MULTILINE)
    assert listed == list(COMMANDS)
    assert [*listed, "test", "bench"] == list(told)
    for command in listed:
        words = " ".join((await run(command, "--help")).out.split())
        assert "--config FILE" in words
        verb, _, rest = told[command].partition(" ")
        rest = rest.replace(" talks ", " talk ").replace(" writes ", " write ")
        assert f"{VERBS.get(verb, verb.removesuffix('s'))} {rest}" in words, command


def test_every_option_of_the_program_is_in_the_documents() -> None:
    texts = "".join(document.read_text(encoding="utf-8") for document in DOCUMENTS)
    for option in re.findall(r'"(--[a-z]+)"', (ROOT / "app.py").read_text(encoding="utf-8")):
        assert option in texts, option


@pytest.mark.parametrize("platform", ["slack", "telegram"])
def test_the_screens_of_the_set_up_are_quoted_as_they_are(platform: str) -> None:
    text = (ROOT / "docs" / f"setup-{platform}.md").read_text(encoding="utf-8")
    quoted = re.findall(r"^> (.+)$", text, re.MULTILINE)
    assert quoted
    for line in quoted:
        assert any(line in said for said in english.TEXTS.values()), line


def test_the_container_holds_every_room() -> None:
    text = (ROOT / "Dockerfile").read_text()
    rooms = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "bench"}
    for room in rooms | {"migrations", "app.py"}:
        assert re.search(rf"^COPY {re.escape(room)} ", text, re.MULTILINE), room
