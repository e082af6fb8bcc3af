"""To whom a conversation is passed: a department or a colleague, with what comes after as a note."""

import pytest

from routing.passing import Handover, handover

DEPARTMENTS = ["Anagrafe", "Anagrafe canina", "Tributi"]
PEOPLE = ["Anna Bianchi", "Marco Rossi", "Marco Verdi", "Tributi"]


@pytest.mark.parametrize(
    ("argument", "meant"),
    [
        ("Anagrafe", Handover(department="Anagrafe")),
        ("anagrafe", Handover(department="Anagrafe")),
        ("Anagrafe il cittadino chiede…", Handover(department="Anagrafe", note="il cittadino chiede…")),
        ("Anagrafe: chiede\nla residenza", Handover(department="Anagrafe", note="chiede\nla residenza")),
        ("Anagrafe canina ha un cane", Handover(department="Anagrafe canina", note="ha un cane")),
        ("Tributi", Handover(department="Tributi")),
        ("Anna Bianchi", Handover(person="Anna Bianchi")),
        ("@anna bianchi, lo conosci", Handover(person="Anna Bianchi", note="lo conosci")),
        ("@Anna lo conosci tu", Handover(person="Anna Bianchi", note="lo conosci tu")),
        ("Marco Verdi urgente", Handover(person="Marco Verdi", note="urgente")),
        ("Marco urgente", None),
        ("Annamaria", None),
        ("Anagrafetti", None),
        ("", None),
    ],
)
def test_the_longest_name_that_fits_is_meant(argument: str, meant: Handover | None) -> None:
    assert handover(argument, DEPARTMENTS, PEOPLE) == meant
