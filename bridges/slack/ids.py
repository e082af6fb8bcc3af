"""What names a gesture, a message and a choice of Slack in the hub's tables; made and read here only."""

from dataclasses import dataclass

NAME = "slack"
"""The bridge's name: the ``origin`` of what comes from here."""

SEND = "send-to-citizen"
"""The shortcut in a message's menu, as manifest.yaml calls it."""

EVENT_TYPE = "linea_diretta"
"""``event_type`` of the metadata that every post carries; its payload says which delivery it is."""


def message_key(channel: str, ts: str, file_id: str = "") -> str:
    """Names a message that an operator wrote, or a further file of it; ``ts`` is unique in its channel."""
    return f"{channel}:{_part(ts, file_id)}"


def edit_key(channel: str, ts: str, edited_ts: str) -> str:
    """Names one change of a message."""
    return f"{channel}:{ts}:edited:{edited_ts}"


def deletion_key(channel: str, ts: str, file_id: str = "") -> str:
    """Names the deletion of a message, or of one file of it."""
    return f"{channel}:{_part(ts, file_id)}:deleted"


def reaction_key(channel: str, event_ts: str, user: str, reaction: str) -> str:
    """Names a reaction that was put on a message or taken away."""
    return f"{channel}:{event_ts}:{user}:{reaction[:64]}"


def press_key(channel: str, action_ts: str, action_id: str) -> str:
    """Names a press of a button or a choice from a list."""
    return f"{channel}:{action_ts}:pressed:{action_id}"


def sending_key(channel: str, ts: str, file_id: str = "") -> str:
    """Names the sending of a remark to the citizen by the shortcut; a second press is the same."""
    return f"{channel}:{_part(ts, file_id)}:sent"


def submission_key(view_id: str) -> str:
    """Names the sending of a window; Slack closes it then, so that there is one for each."""
    return f"view:{view_id}:sent"


def reference(ts: str, file_id: str = "") -> str:
    """What an entry's message is called: a message with several files is several entries."""
    return _part(ts, file_id)


def ts_of(text: str) -> str:
    """The ``ts`` within a reference, which stands in Slack's order of time."""
    return text.partition(":")[0]


def _part(ts: str, file_id: str) -> str:
    return f"{ts}:{file_id}" if file_id else ts


@dataclass(slots=True, frozen=True)
class Choice:
    """What a button or an option stands for: a conversation, and the department, answer or length that was chosen."""

    conversation_id: str
    what: str = ""

    def value(self) -> str:
        """As a ``value``: at most 32 + 1 + 100 characters of the 150 that Slack takes."""
        return f"{self.conversation_id}:{self.what}" if self.what else self.conversation_id


def choice_of(value: str) -> Choice:
    """The choice behind a ``value``."""
    conversation_id, _, what = value.partition(":")
    return Choice(conversation_id, what)


def conversation_of(key: str) -> str | None:
    """The conversation that the delivery ``key`` belongs to, as the outbox names deliveries."""
    conversation_id, dot, _ = key.rpartition(".")
    return conversation_id if dot and conversation_id else None


def metadata(key: str, part: int) -> dict[str, object]:
    """The metadata of the post that shows part number ``part`` of the delivery ``key``."""
    return {"event_type": EVENT_TYPE, "event_payload": {"id": key, "part": part}}
