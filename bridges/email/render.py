"""A callback's entries as letters: pure functions of entry, language and sender."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from bridges.email.ids import message_id
from models.journal import Record
from routing.bridge import ConversationInfo
from routing.texts import say
from texts import Words

_LINE = 900
"""Characters of a subject: a header line may have 998 (RFC 5322, 2.1.1)."""


@dataclass(slots=True, frozen=True)
class Letterhead:
    """Who writes: the sender's address, the office's name and mailbox, and the reference that it is about."""

    sender: str
    office: str
    mailbox: str | None
    reference: str


@dataclass(slots=True, frozen=True)
class Attachment:
    """A file that goes with a letter."""

    name: str
    type: str
    content: bytes


def receipt(head: Letterhead, key: str, entry: Record, words: Words) -> EmailMessage:
    """To the citizen: the message is here, and under which reference."""
    name = str(entry.data.get("name") or "")
    body = [
        words("mail_greeting", name=name),
        words("mail_receipt", reference=head.reference),
        words("mail_your_message") + "\n" + _quoted(entry.text) if entry.text else "",
        head.office,
    ]
    letter = _letter(head, key, 0, str(entry.data["email"]), words("mail_subject", **_subject(head)), body)
    # RFC 3834, 5: so that a holiday notice is not sent back.
    letter["Auto-Submitted"] = "auto-replied"
    letter["Content-Language"] = words.language.code
    return letter


def reply(
    head: Letterhead,
    key: str,
    to: str,
    entries: Sequence[Record],
    author: str,
    words: Words,
    *,
    root: str,
    attachment: Attachment | None,
) -> EmailMessage:
    """To the citizen: what an operator wrote, in the thread of the receipt ``root``."""
    body = [*(entry.text for entry in entries), words("mail_from", name=author, office=head.office)]
    subject = words("mail_subject", **_subject(head))
    letter = _letter(head, key, 0, to, f"Re: {subject}", body)
    letter["In-Reply-To"] = root
    letter["References"] = root
    letter["Content-Language"] = words.language.code
    if attachment is not None:
        main, _, sub = attachment.type.partition("/")
        letter.add_attachment(attachment.content, maintype=main, subtype=sub, filename=attachment.name)
    return letter


def transcript(
    head: Letterhead, key: str, to: str, name: str | None, text: str, words: Words
) -> EmailMessage:
    """To an address that a citizen gave: their conversation, and by whose wish it comes."""
    about = words("mail_transcript", office=head.office, name=_one_line(name or "–"))
    letter = _letter(head, key, 0, to, words("mail_transcript_subject", office=head.office), [about, text])
    letter["Auto-Submitted"] = "auto-generated"
    letter["Content-Language"] = words.language.code
    return letter


def notice(
    head: Letterhead, key: str, part: int, entry: Record, info: ConversationInfo, language: str
) -> EmailMessage:
    """To the office's mailbox: whom to call, and why; a reply to it goes to the citizen."""
    data = entry.data
    facts = {
        "label_reference": head.reference,
        "label_name": data.get("name"),
        "label_phone": data.get("phone"),
        "label_email": data.get("email"),
        "label_language": info.lang,
        "label_department": info.department,
        "label_page": info.page,
    }
    lines = [f"{say(language, label)}: {value}" for label, value in facts.items() if value]
    title = f"{say(language, 'new_callback')}: {head.reference} · {data.get('name') or ''}"
    letter = _letter(head, key, part, str(head.mailbox), title, ["\n".join(lines), entry.text])
    letter["Auto-Submitted"] = "auto-generated"
    if data.get("email"):
        del letter["Reply-To"]
        letter["Reply-To"] = Address(addr_spec=str(data["email"]))
    return letter


def _subject(head: Letterhead) -> dict[str, str]:
    return {"office": head.office, "reference": head.reference}


def _letter(
    head: Letterhead, key: str, part: int, to: str, subject: str, body: Sequence[str]
) -> EmailMessage:
    letter = EmailMessage(policy=SMTP)
    letter["Message-ID"] = message_id(key, part, head.sender)
    letter["From"] = Address(_one_line(head.office), addr_spec=head.sender)
    letter["To"] = Address(addr_spec=to)
    if head.mailbox and head.mailbox not in (to, head.sender):
        letter["Reply-To"] = Address(addr_spec=head.mailbox)
    letter["Subject"] = _one_line(subject)
    letter.set_content(
        "\n\n".join(part.strip() for part in body if part.strip()) + "\n", cte="quoted-printable"
    )
    return letter


def dated(letter: EmailMessage, moment: datetime) -> EmailMessage:
    """The letter with its date."""
    letter["Date"] = format_datetime(moment)
    return letter


def _one_line(text: str) -> str:
    """Fit for a header: a line break in it would begin another one."""
    return " ".join(text.split())[:_LINE]


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.splitlines())
