"""The contract of ``config.yaml`` as typed objects; what may stand where, and what it is when left out."""

import difflib
from datetime import timedelta
from functools import cached_property, lru_cache
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    field_validator,
    model_validator,
)

from settings.addresses import (
    parse_api,
    parse_database,
    parse_email,
    parse_host,
    parse_mail_server,
    parse_page,
    parse_port,
    parse_site,
    parse_slack_channel,
    parse_telegram_chat,
    parse_text,
    parse_when_closed,
    parse_yes,
)
from settings.closures import DAYS
from settings.faq import Question, parse_faq
from settings.faults import Unfit
from settings.hours import Hours
from settings.look import Look, unreadable_pair
from settings.part import Part, repeated_names, repeated_places, validate_all, written
from settings.replies import parse_reply
from settings.texts import own_texts
from settings.values import Rate, parse_duration, parse_rate
from settings.when import When
from settings.wording import Wording, wording_in
from texts import OwnTexts

LANGUAGES = ("it", "en")
"""The languages that operators are spoken to in; citizens are in more (`texts.LANGUAGES`)."""

_ADDRESS = "^\\s*https?://"
Text = Annotated[str, BeforeValidator(parse_text), written(maxLength=200)]
Page = Annotated[str, BeforeValidator(parse_page), written(pattern=_ADDRESS)]
Site = Annotated[str, BeforeValidator(parse_site), written(pattern=_ADDRESS)]
Channel = Annotated[str, BeforeValidator(parse_slack_channel), written(pattern="^[CG][A-Z0-9]{2,}$")]
Chat = Annotated[int, BeforeValidator(parse_telegram_chat), written(type="integer", maximum=-1)]
Duration = Annotated[
    timedelta, BeforeValidator(parse_duration), written(pattern=r"^\s*([0-9]{1,9}[smhd])+\s*$")
]
WhenClosed = Annotated[
    str, BeforeValidator(parse_when_closed), written(pattern=r"^(form|no-button|\s*https?://.*)$")
]
OptionalRate = Annotated[
    Rate | None,
    BeforeValidator(parse_rate),
    written(pattern=r"^(unlimited|\s*[0-9]{1,7}\s*/\s*(s|min|h)\s*)$"),
]


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    return {zone.casefold(): zone for zone in available_timezones()}


class Office(Part):
    """Who answers."""

    name: Text
    button: Text | None = None
    language: Annotated[str, written(enum=list(LANGUAGES))] = "it"
    timezone: str = "Europe/Rome"
    privacy_notice: Page | None = None
    show_operators_as: Literal["first-name", "office"] = "first-name"
    when_closed: WhenClosed = "form"

    @field_validator("language", mode="before")
    @classmethod
    def _known_language(cls, value: object) -> object:
        return _one_of(LANGUAGES, value)

    @field_validator("show_operators_as", mode="before")
    @classmethod
    def _known_way(cls, value: object) -> object:
        return _one_of(("first-name", "office"), value)

    @field_validator("timezone", mode="before")
    @classmethod
    def _known_zone(cls, value: object) -> object:
        near = _zones().get(value.strip().casefold()) if isinstance(value, str) else None
        if value != near:
            hint = f" (did you mean {near}?)" if near else ""
            raise Unfit(f"a time zone such as Europe/Rome{hint}")
        return value

    @model_validator(mode="after")
    def _read_zone(self) -> "Office":
        ZoneInfo(self.timezone)  # its file is read now, and remembered: on the event loop it may not be
        return self


def _one_of(known: tuple[str, ...], value: object) -> object:
    if value not in known:
        raise Unfit(f"{', '.join(known[:-1])} or {known[-1]}")
    return value


class Server(Part):
    """Where the hub listens, and who may use it."""

    host: Annotated[str, BeforeValidator(parse_host)] = "127.0.0.1"
    port: Annotated[int, BeforeValidator(parse_port), written(type="integer", minimum=1, maximum=65_535)] = (
        8000
    )
    public_url: Site = ""  # never so: what is left out is filled in below
    allowed_origins: tuple[Site, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _public_is_local_when_left_out(cls, value: Any) -> Any:
        if not isinstance(value, dict) or "public_url" in value:
            return value
        try:
            host, port = parse_host(value.get("host", "127.0.0.1")), parse_port(value.get("port", 8000))
        except Unfit:  # reported at its own key
            return value
        shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
        return {**value, "public_url": f"http://{shown}:{port}"}


class SlackSettings(Part):
    """The Slack channel in which conversations appear."""

    channel: Channel
    api_url: Annotated[str, BeforeValidator(lambda value: parse_api(value) + "/")] = "https://slack.com/api/"


class TelegramSettings(Part):
    """The Telegram group in which conversations appear."""

    chat: Chat
    api_url: Annotated[str, BeforeValidator(parse_api)] = "https://api.telegram.org"


class EmailSettings(Part):
    """The mail server over which citizens who left an address are written to."""

    server: Annotated[str, BeforeValidator(parse_mail_server)]
    port: Annotated[int, BeforeValidator(parse_port)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: Text | None = None
    sender: Annotated[str, BeforeValidator(parse_email), Field(alias="from")]
    office: Annotated[str, BeforeValidator(parse_email)] | None = None

    @field_validator("security", mode="before")
    @classmethod
    def _known_security(cls, value: object) -> object:
        return _one_of(("starttls", "tls", "none"), value)


class Bridges(Part):
    """The platforms on which operators answer, and the mail server."""

    slack: SlackSettings | None = None
    telegram: TelegramSettings | None = None
    email: EmailSettings | None = None


class SlackDestination(Part):
    """A department's own channel."""

    channel: Channel


class TelegramDestination(Part):
    """A department's own group."""

    chat: Chat


class Department(Part):
    """A part of the office, with its rule and its places."""

    name: Text
    when: When | None = None
    slack: SlackDestination | None = None
    telegram: TelegramDestination | None = None
    hours: Hours | None = None
    when_closed: WhenClosed | None = None
    careful: Annotated[bool, BeforeValidator(parse_yes)] = False


def _departments(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    return validate_all(value, handler, [*repeated_names(value), *repeated_places(value)])


class Reply(Part):
    """A ready answer, in one language or several."""

    name: Text
    text: Annotated[Wording, BeforeValidator(parse_reply)]

    def text_in(self, lang: str, default: str) -> str:
        """The text in ``lang``, else in ``default``, else in whichever language there is."""
        return wording_in(self.text, lang, default)


class Waiting(Part):
    """How long a citizen waits before being told that nobody answers, and who is asked then."""

    nobody_answers_after: Duration = timedelta(minutes=3)
    escalate_to: Text | None = None
    escalate_after: Duration | None = None

    @property
    def passes_on_after(self) -> timedelta:
        """How long a citizen waits before ``escalate_to`` has the conversation."""
        return self.escalate_after or 2 * self.nobody_answers_after


def _known_department(value: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
    """``escalate_to`` names one of the departments, in any spelling of its capitals."""
    wanted = value.get("escalate_to") if isinstance(value, dict) else None
    departments: tuple[Department, ...] | None = info.data.get("departments")
    if not isinstance(wanted, str) or not wanted.strip() or departments is None:
        return handler(value)
    names = {one.name.casefold(): one.name for one in departments}
    found = names.get(wanted.strip().casefold())
    if found is not None:
        return handler({**value, "escalate_to": found})
    near = difflib.get_close_matches(wanted.strip().casefold(), names, n=1, cutoff=0.6)
    hint = f" (did you mean {names[near[0]]}?)" if near else ""
    listed = ", ".join(names.values()) or "there are none yet"
    misfit = Unfit(f"the name of one of the departments: {listed}{hint}")
    return validate_all(value, handler, [(("escalate_to",), misfit)])


class Closing(Part):
    """What happens around the end of the opening hours to citizens who are in a chat."""

    warn_before: Duration = timedelta(minutes=10)
    finish_within: Duration = timedelta(minutes=15)


class Digest(Part):
    """What operators are told of the day, and of the week, at closing time."""

    daily: Annotated[bool, BeforeValidator(parse_yes)] = True
    weekly: Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun", "never"] = "fri"

    @field_validator("weekly", mode="before")
    @classmethod
    def _known_day(cls, value: object) -> object:
        return _one_of((*DAYS, "never"), value)


class Callbacks(Part):
    """What operators are reminded of."""

    remind_after: Duration = timedelta(days=2)


def _or(schema: dict[str, Any], other: dict[str, Any]) -> None:
    """Let a schema allow something else as well."""
    whole = dict(schema)
    schema.clear()
    schema["anyOf"] = [whole, other]


class Limits(Part):
    """How often may be written; None is without limit."""

    model_config = ConfigDict(json_schema_extra=lambda schema: _or(schema, {"const": "unlimited"}))

    per_address: OptionalRate = Rate(60, 60)
    per_conversation: OptionalRate = Rate(20, 60)
    proof_of_work: Literal["off", "flood", "always"] = "flood"

    @field_validator("proof_of_work", mode="before")
    @classmethod
    def _known_moment(cls, value: object) -> object:
        return _one_of(("off", "flood", "always"), value)

    @model_validator(mode="before")
    @classmethod
    def _all_unlimited(cls, value: Any) -> Any:
        if value == "unlimited":
            return {"per_address": "unlimited", "per_conversation": "unlimited", "proof_of_work": "off"}
        if not isinstance(value, dict | Limits):
            raise Unfit("per_address, per_conversation and proof_of_work under it, or the word unlimited")
        return value


class Retention(Part):
    """How long is kept what citizens wrote."""

    conversations: Duration = timedelta(days=180)
    callbacks: Duration = timedelta(days=365)


def _each_name_once(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    return validate_all(value, handler, repeated_names(value))


def _look(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    return validate_all(value, handler, unreadable_pair(value))


class Settings(Part):
    """The whole of ``config.yaml``."""

    office: Office
    server: Server = Server()
    database: Annotated[str, BeforeValidator(parse_database)] = "sqlite:///data/linea.db"
    hours: Hours
    bridges: Bridges = Bridges()
    departments: Annotated[tuple[Department, ...], WrapValidator(_departments)] = ()
    waiting: Annotated[Waiting, WrapValidator(_known_department)] = Waiting()
    closing: Closing = Closing()
    callbacks: Callbacks = Callbacks()
    digest: Digest = Digest()
    limits: Limits = Limits()
    retention: Retention = Retention()
    replies: Annotated[tuple[Reply, ...], WrapValidator(_each_name_once)] = ()
    faq: Annotated[tuple[Question, ...], BeforeValidator(parse_faq)] = ()
    widget: Annotated[Look, WrapValidator(_look)] = Look()
    texts: Annotated[OwnTexts, WrapValidator(own_texts)] = Field(default_factory=dict)

    @cached_property
    def _hours(self) -> dict[str | None, Hours]:
        found: dict[str | None, Hours] = {None: self.hours}
        for one in self.departments:
            if one.hours is not None:
                found[one.name] = one.hours.within(self.hours)
        return found

    def hours_of(self, department: str | None) -> Hours:
        """When a department is there: its own hours, completed from the office's; those of the office for None."""
        return self._hours.get(department, self.hours)

    def when_closed(self, department: str | None) -> str:
        """What the button does while a department is closed: ``form``, ``no-button``, or a page's address."""
        for one in self.departments:
            if one.name == department and one.when_closed is not None:
                return one.when_closed
        return self.office.when_closed

    @property
    def with_own_hours(self) -> list[str | None]:
        """The office (None), and the departments that have hours of their own."""
        return list(self._hours)

    @property
    def files_beside(self) -> list[str]:
        """The files that are read beside this one, closure calendars and the logo, each once."""
        every = [self.hours, *(one.hours for one in self.departments if one.hours is not None)]
        logo = [self.widget.logo.file] if self.widget.logo else []
        return sorted({*logo, *(calendar.file for hours in every for calendar in hours.calendars)})
