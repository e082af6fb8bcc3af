"""Passing a conversation on: to a department or to a colleague, with a note for whoever gets it."""

from collections.abc import Iterable
from dataclasses import dataclass

from models.journal import Record
from models.tables import Conversation, State, What
from routing.bridge import ConversationInfo
from routing.commands import Command
from routing.inbound import Arrival
from routing.operators import Operators
from routing.texts import say


@dataclass(slots=True, frozen=True)
class Handover:
    """Who is to have it from now on, a department or a person, and what they should know."""

    department: str | None = None
    person: str | None = None
    note: str = ""


def handover(argument: str, departments: Iterable[str], people: Iterable[str]) -> Handover | None:
    """What ``Anagrafe il cittadino chiede…`` or ``@Anna Bianchi …`` means; None where nobody is named.

    Names may be of several words: the longest that fits counts, a department before a person. A colleague
    is found by the first name alone where only one has it.
    """
    words = argument.strip()
    found = _leading(words, {name: name for name in departments})
    if found is not None:
        return Handover(department=found[0], note=found[1])
    found = _leading(words.removeprefix("@"), _called(people))
    return Handover(person=found[0], note=found[1]) if found is not None else None


def _called(people: Iterable[str]) -> dict[str, str]:
    """Each person by the full name, and by the first name where it is one person's only."""
    known = {name for name in people if name.strip()}
    first: dict[str, set[str]] = {}
    for name in known:
        first.setdefault(name.split()[0].casefold(), set()).add(name)
    short = {word: next(iter(names)) for word, names in first.items() if len(names) == 1}
    return short | {name: name for name in known}


def _leading(text: str, names: dict[str, str]) -> tuple[str, str] | None:
    """Which of ``names`` the text begins with, and what comes after it."""
    for called in sorted(names, key=len, reverse=True):
        size = len(called)
        if text[:size].casefold() == called.casefold() and not text[size : size + 1].isalnum():
            return names[called], text[size:].lstrip(" ,:;.–-\n")
    return None


def passed_in_words(entry: Record, language: str) -> str:
    """The line about a handover, with its note."""
    to = str(entry.data.get("person") or entry.data.get("department") or "–")
    line = say(language, "passed_to", department=to)
    return f"{line}: {entry.text}" if entry.text else line


class Passing(Operators):
    """The gesture ``pass``. Where the new department has a place of its own, ``routing.moving`` goes there."""

    async def _pass(self, arrival: Arrival, info: ConversationInfo, command: Command) -> None:
        names = [department.name for department in self.settings.departments]
        to = handover(command.argument, names, command.people)
        if to is None:
            to = handover(command.argument, (), await self.store.operators())
        if to is None:
            await self._say_to_whom(arrival, info, command.argument, names)
            return

        def change(row: Conversation) -> None:
            row.department = to.department or row.department
            row.taken_by = to.person
            row.state = State.ACTIVE if to.person else State.WAITING
            row.closed_at = None

        data = {"department": to.department, "person": to.person}
        known: dict[str, object] = {key: value for key, value in data.items() if value}
        await self._change(arrival, info, What.PASSED, change, known, to.note)

    async def _say_to_whom(
        self, arrival: Arrival, info: ConversationInfo, argument: str, names: list[str]
    ) -> None:
        language = self.operators_language
        if names:
            text = say(language, "no_department", name=argument, names=", ".join(names))
        else:
            text = say(language, "no_departments")
        await self.answer(arrival, info.id, f"{text} {say(language, 'pass_to_person')}")
