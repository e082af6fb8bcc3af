"""What all parts of the configuration have in common."""

from collections.abc import Iterable
from typing import Any

from pydantic import (
    BaseModel,
    ConfigDict,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import InitErrorDetails

from settings.faults import Unfit

Misfit = tuple[tuple[str | int, ...], Unfit]
"""Where below the value it was found in, and what is wrong there."""


def written(**schema: Any) -> WithJsonSchema:
    """How a value is written in the file, for editors: a text, or what ``schema`` says (JSON Schema)."""
    return WithJsonSchema({"type": "string"} | schema)


class Part(BaseModel):
    """A section of the file: nothing unknown, nothing changeable; an empty section is like none at all."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _leave_out_empty_sections(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {key: value for key, value in data.items() if value is not None or not cls.has_section(key)}

    @classmethod
    def keys(cls) -> list[str]:
        """The keys as the file has them."""
        return [field.alias or name for name, field in cls.model_fields.items()]

    @classmethod
    def has_section(cls, key: str) -> bool:
        """Whether other keys or a list of them stand under ``key``."""
        return cls.section(key) is not None

    @classmethod
    def section(cls, key: str) -> "type[Part] | None":
        """The part that stands under ``key``, or that its list is made of; None where it is a plain value."""
        for name, field in cls.model_fields.items():
            if key == (field.alias or name):
                return _part_in(field.annotation)
        return None


def _part_in(annotation: Any) -> type[Part] | None:
    """The part inside ``Part | None`` or ``tuple[Part, ...]``."""
    if isinstance(annotation, type):
        return annotation if issubclass(annotation, Part) else None
    for inner in getattr(annotation, "__args__", ()):
        found = _part_in(inner)
        if found is not None:
            return found
    return None


def validate_all(value: Any, handler: ValidatorFunctionWrapHandler, misfits: Iterable[Misfit]) -> Any:
    """Validate as usual and add ``misfits``, so that an administrator sees every fault at once.

    Raises
    ------
    ValidationError
        With the faults of both.
    """
    faults: list[InitErrorDetails] = []
    result = None
    try:
        result = handler(value)
    except ValidationError as error:
        faults += [
            InitErrorDetails(type=one["type"], loc=one["loc"], input=one["input"], ctx=one.get("ctx", {}))
            for one in error.errors(include_url=False)
        ]
    faults += [
        InitErrorDetails(type="value_error", loc=location, input=None, ctx={"error": unfit})
        for location, unfit in misfits
    ]
    if faults:
        raise ValidationError.from_exception_data("config.yaml", faults)
    return result


def repeated_names(items: Any) -> Iterable[Misfit]:
    """Names that stand twice in a list of named parts; capitals make no difference."""
    seen: set[str] = set()
    for index, item in enumerate(items if isinstance(items, list | tuple) else ()):
        name = item.get("name") if isinstance(item, dict) else getattr(item, "name", None)
        if not isinstance(name, str) or not name.strip():
            continue
        if name.strip().casefold() in seen:
            yield (index, "name"), Unfit("each name once in this list", found=f"“{name.strip()}” again")
        seen.add(name.strip().casefold())


def repeated_places(items: Any) -> Iterable[Misfit]:
    """Channels and groups that two departments of a list claim: its conversations could not be told apart."""
    owners: dict[tuple[str, str, str], str] = {}
    for index, item in enumerate(items if isinstance(items, list | tuple) else ()):
        for platform, key in (("slack", "channel"), ("telegram", "chat")):
            section = item.get(platform) if isinstance(item, dict) else None
            place = section.get(key) if isinstance(section, dict) else None
            if not isinstance(place, str | int):
                continue
            owner = owners.setdefault((platform, key, str(place).strip()), str(item.get("name")))
            if owner != str(item.get("name")):
                expected = f"a place that no other department has; {owner} has this one"
                yield (index, platform, key), Unfit(expected, found=f"{place} again")
