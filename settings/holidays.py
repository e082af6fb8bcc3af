"""The ``holidays`` of ``config.yaml``: a country's public ones, and the town's own."""

import difflib
from datetime import date
from functools import lru_cache
from typing import Annotated, cast

import holidays as public_holidays
from pydantic import BeforeValidator, ValidationInfo, field_validator

from settings.faults import Unfit
from settings.part import Part, written
from settings.recurring import Eve, Rule, parse_rule
from settings.values import parse_year_day


def _parse_own(value: object) -> Rule:
    """``09-08``, or a rule in words that does not itself depend on holidays."""
    if not isinstance(value, str | Rule) or (
        isinstance(value, str) and value[:1].isdecimal() and "-" in value
    ):
        parse_year_day(value)  # for its words, where it is no such day
    rule = parse_rule(value)
    if isinstance(rule.days, Eve):
        raise Unfit(
            "a day by itself: the days before holidays are not holidays (they may stand under closed)"
        )
    return rule


def _never(_: date) -> bool:
    return False


EveryYear = Annotated[Rule, BeforeValidator(_parse_own), written()]


@lru_cache(maxsize=16)
def _calendar(country: str, subdivision: str | None) -> public_holidays.HolidayBase:
    """A country's holidays, named in its own language whatever the machine speaks.

    Made while the file is read, for it opens files; asking it for a day afterwards opens none.

    Raises
    ------
    NotImplementedError
        If nothing is known of that country, or of that part of it.
    """
    own = public_holidays.country_holidays(country).default_language
    return public_holidays.country_holidays(country, subdiv=subdivision, language=own)


def _countries() -> dict[str, list[str]]:
    """Countries whose holidays are known, each with its parts (provinces, regions, states)."""
    return public_holidays.list_supported_countries(include_aliases=True)


def _is_known(country: object, subdivision: object = None) -> bool:
    try:
        _calendar(cast(str, country), cast("str | None", subdivision))
    except (NotImplementedError, TypeError, AttributeError):
        return False
    return True


def _near(text: str, known: list[str]) -> str:
    near = difflib.get_close_matches(text.upper(), known, n=1, cutoff=0.5)
    return f" (did you mean {near[0]}?)" if near else ""


class Holidays(Part):
    """Public holidays of a country (and a part of it), and the town's own."""

    country: Annotated[str | None, written(pattern="^[A-Z]{2}$")] = None
    subdivision: str | None = None
    extra: tuple[EveryYear, ...] = ()

    def is_own(self, on: date) -> bool:
        """Whether a day is one of the town's own holidays."""
        return any(rule.falls_on(on, _never) for rule in self.extra)

    def is_any(self, on: date) -> bool:
        """Whether a day is a public holiday or one of the town's own."""
        return self.is_own(on) or self.public(on) is not None

    def public(self, on: date) -> str | None:
        """The name of the public holiday on a day, in the country's own language; None where it is none."""
        if self.country is None:
            return None
        name = _calendar(self.country, self.subdivision).get(on)
        return str(name) if name is not None else None

    @field_validator("country", mode="before")
    @classmethod
    def _country(cls, value: object) -> object:
        if not isinstance(value, str) or len(value) != 2 or not _is_known(value):
            known = isinstance(value, str) and len(value) == 2 and _is_known(value.upper())
            near = f" (did you mean {str(value).upper()}?)" if known else ""
            raise Unfit(f"a country's two capital letters, such as IT{near}")
        return value

    @field_validator("subdivision", mode="before")
    @classmethod
    def _subdivision(cls, value: object, info: ValidationInfo) -> object:
        if "country" not in info.data:
            return value  # the country has a fault of its own, and that one comes first
        country = info.data["country"]
        if country is None:
            raise Unfit("the country as well: without it, its part says nothing")
        if not isinstance(value, str) or not _is_known(country, value):
            raise Unfit(_parts_of(country, value))
        return value


def _parts_of(country: str, value: object) -> str:
    """In words, the parts of a country that are known."""
    known = _countries().get(country, [])
    if not known:
        return f"no such line: the holidays of {country} are the same everywhere"
    near = _near(value, known) if isinstance(value, str) else ""
    few = f"one of {', '.join(known)}" if len(known) <= 30 else f"a part of {country}, such as {known[0]}"
    return few + near
