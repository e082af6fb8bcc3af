"""Pieces of a change that citizens and operators make alike. They run in the journal's transaction."""

import secrets

from models.journal import Draft, Transaction
from models.tables import OFFICE_ID, Author, Conversation, Kind, State, StoredFile, What

HUB = "hub"
"""The ``origin`` of what the hub itself writes."""


def new_id() -> str:
    """An id that cannot be guessed: 96 random bits."""
    return secrets.token_urlsafe(12)


def reopen(tx: Transaction, row: Conversation | None, because: Draft) -> None:
    """Open a closed conversation again because of a new message, saying so first."""
    if row is None or row.state != State.CLOSED:
        return
    row.state = State.ACTIVE if row.taken_by else State.WAITING
    row.closed_at = None
    tx.session.flush()
    tx.append(
        Draft(
            because.conversation_id,
            What.REOPENED,
            HUB,
            f"{because.origin}/{because.origin_key}/reopens",
            Author.SYSTEM,
            deliver_to=because.deliver_to,
        )
    )


def file_row(draft: Draft, seq: int) -> StoredFile:
    """The row of a file whose entry is ``draft``."""
    data = draft.data
    return StoredFile(
        key=data["key"],
        conversation_id=draft.conversation_id,
        seq=seq,
        name=data["name"],
        type=data["type"],
        size=data["size"],
    )


def office_row(tx: Transaction) -> None:
    """See to it that the office's own conversation is there."""
    if tx.session.get(Conversation, OFFICE_ID) is None:
        tx.session.add(Conversation(id=OFFICE_ID, kind=Kind.OFFICE, state=State.ACTIVE))
        tx.session.flush()
