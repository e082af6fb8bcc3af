"""What sends a conversation to a department: the conditions under ``when``, and whether all or any must hold."""

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, field_validator, model_validator

from settings.addresses import parse_page_pattern
from settings.faults import Unfit
from settings.part import Part, written

MOST_WORDS = 200
"""Words and phrases of one rule: more of them hardly describe one department."""
_LONGEST_WORD = 60


def _listed(value: object) -> list[object]:
    """A single value is a list of one."""
    return list(value) if isinstance(value, list | tuple) else [value]


def _parse_languages(value: object) -> tuple[str, ...]:
    expected = "a language by its two small letters, or several: [en, fr]"
    found = _listed(value)
    if not found or not all(isinstance(one, str) and re.fullmatch(r"[a-z]{2}", one.strip()) for one in found):
        raise Unfit(expected)
    return tuple(str(one).strip() for one in found)


def _parse_words(value: object) -> tuple[str, ...]:
    found = _listed(value)
    if not found or len(found) > MOST_WORDS:
        raise Unfit(f"a word, or up to {MOST_WORDS} of them: [tari, imu]")
    for one in found:
        if not isinstance(one, str):
            raise Unfit('words, in quotes where they are numbers: ["730", tari]')
        if not re.search(r"\w", one):
            raise Unfit("words, each with at least one letter", found=f"“{one}”")
        if len(one) > _LONGEST_WORD or re.search(r"\*(?=.)", one.strip()):
            expected = f"words or short phrases of up to {_LONGEST_WORD} characters, a * only at the end"
            raise Unfit(expected, found=f"“{one[:_LONGEST_WORD]}”")
    return tuple(str(one).strip() for one in found)


class When(Part):
    """What sends a conversation to a department."""

    page: Annotated[str, BeforeValidator(parse_page_pattern)] | None = None
    language: (
        Annotated[
            tuple[str, ...],
            BeforeValidator(_parse_languages),
            written(
                type=["string", "array"],
                pattern="^[a-z]{2}$",
                items={"type": "string", "pattern": "^[a-z]{2}$"},
            ),
        ]
        | None
    ) = None
    words: (
        Annotated[
            tuple[str, ...],
            BeforeValidator(_parse_words),
            written(type=["string", "array"], items={"type": "string"}, minItems=1, maxItems=MOST_WORDS),
        ]
        | None
    ) = None
    open: bool | None = None
    match: Literal["all", "any"] = "all"

    @field_validator("open", mode="before")
    @classmethod
    def _yes_or_no(cls, value: object) -> object:
        if not isinstance(value, bool) and value is not None:
            raise Unfit("true (while the department is open) or false (while it is closed), without quotes")
        return value

    @field_validator("match", mode="before")
    @classmethod
    def _known_way(cls, value: object) -> object:
        if value not in ("all", "any"):
            raise Unfit("all or any")
        return value

    @model_validator(mode="before")
    @classmethod
    def _something(cls, value: Any) -> Any:
        if (
            isinstance(value, dict)
            and not {"page", "language", "words", "open"} & value.keys()
            and not (
                value.keys() - {"match"}  # an unknown key has a fault of its own
            )
        ):
            raise Unfit("at least one of page, language, words and open")
        return value
