"""What the visitor's API takes and gives: the same models validate requests and write the OpenAPI document."""

import re
from datetime import datetime
from typing import Annotated, Any, Literal

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

TEXT_LIMIT = 4_000
"""Characters in one message: about two printed pages, and within what both platforms take in two posts."""
BODY_LIMIT = 64 * 1024
"""Bytes in a JSON request: 4,000 characters of any script, escaped, with room for the rest."""

_DIRECTION = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def cleaned(text: str) -> str:
    """Without control characters (a database refuses some, a terminal obeys others) and outer blanks."""
    return _CONTROL.sub("", text.replace("\r\n", "\n")).strip()


def _clean(value: Any) -> Any:
    return cleaned(value) if isinstance(value, str) else value


def _one_line(value: Any) -> Any:
    """A name stands in the middle of our lines: it may neither begin one of its own nor turn one around."""
    return " ".join(_DIRECTION.sub("", cleaned(value)).split()) if isinstance(value, str) else value


def _line_or_none(value: Any) -> Any:
    value = _one_line(value)
    return None if value == "" else value


def _none_if_blank(value: Any) -> Any:
    value = _clean(value)
    return None if value == "" else value


def _email(value: str) -> str:
    try:
        return validate_email(value, check_deliverability=False).normalized
    except EmailNotValidError as error:
        raise ValueError(f"not an e-mail address: {error}") from error


def _phone(value: str) -> str:
    """In international form where it can be told, else as written (an extension, a short number)."""
    digits = re.sub(r"\D", "", value)
    if not 5 <= len(digits) <= 15 or re.search(r"[^\d\s+()./–-]", value):
        raise ValueError("not a phone number: 5 to 15 digits, and spaces or + ( ) . / - between them")
    try:
        parsed = phonenumbers.parse(value, "IT")
    except phonenumbers.NumberParseException:
        return value
    if not phonenumbers.is_possible_number(parsed):
        return value
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _web_page(value: str) -> str:
    """A page's address as a browser gives it; anything that is not one is no use to an operator."""
    if not re.match(r"https?://[^\s]+$", value, re.IGNORECASE):
        raise ValueError("not a web address: it should begin with http:// or https://")
    return value


ClientId = Annotated[
    str,
    Field(
        min_length=1,
        max_length=64,
        pattern=r"^[A-Za-z0-9._:-]+$",
        description="Made by the client, new for each message (a UUID); the same again is the same message.",
    ),
]
Text = Annotated[str, Field(min_length=1, max_length=TEXT_LIMIT), BeforeValidator(_clean)]
OptionalName = Annotated[Annotated[str, Field(max_length=100)] | None, BeforeValidator(_line_or_none)]
Language = Annotated[
    Annotated[str, Field(max_length=16, pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] | None,
    Field(description="BCP 47, such as `it`."),
    BeforeValidator(_none_if_blank),
]
Page = Annotated[str, Field(max_length=2000), AfterValidator(_web_page)]
OptionalPage = Annotated[Page | None, BeforeValidator(_none_if_blank)]
TITLE_LIMIT = 200
"""Characters of a page's title that are kept; what is longer is cut, not refused: no citizen wrote it."""


def _title(value: Any) -> Any:
    value = _line_or_none(value)
    return value[:TITLE_LIMIT].strip() if isinstance(value, str) else value


PageTitle = Annotated[
    str | None, Field(description="The title of `page`, for operators."), BeforeValidator(_title)
]


BrowserKey = Annotated[
    Annotated[str, Field(min_length=16, max_length=64, pattern=r"^[A-Za-z0-9._:-]+$")] | None,
    Field(
        description="A key that this browser made for itself (a UUID) and sends with each conversation, only where the "
        "citizen agreed that operators see which ones come from the same browser."
    ),
    BeforeValidator(_none_if_blank),
]


EmailAddress = Annotated[
    str, Field(max_length=254, json_schema_extra={"format": "email"}), AfterValidator(_email)
]


class Schema(BaseModel):
    """Common to all: members we do not know are passed over, so that newer clients work."""

    model_config = ConfigDict(extra="ignore")


class NewConversation(Schema):
    """Starts a conversation with its first message."""

    client_id: ClientId
    text: Text
    name: OptionalName = None
    department: OptionalName = None
    page: OptionalPage = None
    page_title: PageTitle = None
    lang: Language = None
    browser: BrowserKey = None


class NewMessage(Schema):
    """A further message."""

    client_id: ClientId
    text: Text


class Rating(Schema):
    """How the citizen found it, from 1 to 5."""

    score: Annotated[int, Field(ge=1, le=5, strict=True)]
    comment: Annotated[Annotated[str, Field(max_length=1000)] | None, BeforeValidator(_none_if_blank)] = None


class TranscriptMail(Schema):
    """Where to send the conversation."""

    email: EmailAddress
    lang: Language = None


class NewCallback(Schema):
    """A message for when nobody is there; e-mail or phone, or both."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"required": ["email"], "properties": {"email": {"type": "string"}}},
                {"required": ["phone"], "properties": {"phone": {"type": "string"}}},
            ]
        }
    )

    client_id: ClientId
    name: Annotated[str, Field(min_length=1, max_length=100), BeforeValidator(_one_line)]
    email: Annotated[EmailAddress | None, BeforeValidator(_none_if_blank)] = None
    phone: Annotated[
        Annotated[str, Field(max_length=40), AfterValidator(_phone)] | None, BeforeValidator(_none_if_blank)
    ] = None
    conversation: Annotated[
        Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")] | None,
        Field(
            description="The id of a chat that nobody answers and that is to become the callback; "
            "needs its token (`Authorization: Bearer …`).",
        ),
        BeforeValidator(_none_if_blank),
    ] = None
    text: Annotated[
        str,
        Field(
            max_length=TEXT_LIMIT,
            validate_default=True,
            description="Needed, unless a conversation has it already.",
        ),
        BeforeValidator(_clean),
    ] = ""
    lang: Language = None
    page: OptionalPage = None
    homepage: Annotated[
        str,
        Field(
            description="Left empty by people, who do not see it: what a program fills it in for is not taken, "
            "and answered as if it were.",
        ),
    ] = ""
    consent: Annotated[
        bool,
        Field(
            strict=True,
            description="The citizen agreed to be contacted: must be true.",
            json_schema_extra={"const": True},
        ),
    ]

    @field_validator("text")
    @classmethod
    def _something_is_asked(cls, text: str, given: ValidationInfo) -> str:
        if not text and not given.data.get("conversation"):
            raise PydanticCustomError("string_too_short", "text is needed, unless a conversation has it")
        return text

    @model_validator(mode="after")
    def _reachable(self) -> "NewCallback":
        if not self.consent:
            raise ValueError("consent must be true: without it nobody may be called back")
        if self.email is None and self.phone is None:
            raise ValueError("at least one of email and phone is needed")
        return self


class FileForm(Schema):
    """The fields that come with a file (multipart/form-data)."""

    client_id: ClientId


class ButtonLook(Schema):
    """How the town wants the button."""

    color: str
    text_color: str
    position: Literal["right", "left"] = Field(description="Mirrored where `direction` is `rtl`.")


class Status(Schema):
    """Whether the office is there, and the words for it."""

    open: bool
    until: datetime | None = Field(description="When it closes, if it is open and ever does.")
    reopens: datetime | None = Field(description="When it opens, if it is closed and ever does.")
    message: str = Field(description="The same in a sentence.")
    reason: str | None = Field(description="Why it is closed, where the office gave a reason.")
    office: str
    button: str
    departments: list[str]
    department: str | None = Field(
        default=None,
        description="The department that `page` or `department` leads to: the hours are its own.",
    )
    when_closed: Literal["form", "page", "no-button"] = Field(
        default="form",
        description="What the button does while it is closed: take a message, lead to `contact_page`, or not be there.",
    )
    contact_page: str | None = None
    lang: str
    direction: Literal["ltr", "rtl"] = Field(description="How `lang` is written; HTML's `dir`.")
    timezone: str
    privacy_notice: str | None
    look: ButtonLook
    texts: dict[str, str] = Field(description="What the button and its panel say, in `lang`.")


class ConversationStarted(Schema):
    """A conversation; keep the token: it is given to who started it and to nobody else."""

    id: str
    token: str | None = Field(
        default=None, description="Bearer secret. Absent when a repeated start does not match the first one."
    )
    seq: int
    created_at: datetime


class Accepted(Schema):
    """A message that is on disk."""

    seq: int
    created_at: datetime


class CallbackAccepted(Schema):
    """A callback that is on disk."""

    reference: str


class CallbackState(Schema):
    """How far a callback is."""

    reference: str
    state: Literal["new", "taken", "tried", "done"] = Field(
        description="`tried`: somebody called and got no answer."
    )


class TranscriptMessage(Schema):
    """One line of a transcript."""

    seq: int
    kind: Literal["message", "file", "operator", "closed"]
    author: Literal["visitor", "operator", "system"]
    name: str | None
    text: str
    edited: bool
    created_at: datetime


class Transcript(Schema):
    """A conversation as it stands: edits applied, deleted messages left out."""

    id: str
    office: str
    created_at: datetime
    messages: list[TranscriptMessage]


class FaultyMember(Schema):
    """One thing that is wrong with a request."""

    at: str = Field(description="Where: the member's name, with dots for members of members.")
    detail: str


class Challenge(Schema):
    """A sum to be done in a moment (ALTCHA): which number from 0 to `maxnumber`, written in decimal after `salt`, has
    the SHA-256 `challenge`? The request goes through with it in the header `Altcha`: Base64 of the JSON object
    `{algorithm, challenge, number, salt, signature}`. Each solution is good once, within ten minutes."""

    algorithm: Literal["SHA-256"]
    challenge: str = Field(description="Hexadecimal, in lower case.")
    maxnumber: int
    salt: str
    signature: str


class Problem(Schema):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str | None = None
    errors: list[FaultyMember] | None = None
    callbacks: str | None = Field(default=None, description="Where to leave a message while nobody is there.")
    challenge: Challenge | None = Field(
        default=None, description="With a 429: instead of waiting, solve it and send the request again."
    )
