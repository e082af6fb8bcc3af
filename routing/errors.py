"""What a bridge can tell the outbox about a delivery that did not go through, and what is done about it."""

from datetime import datetime


class DeliveryError(Exception):
    """A delivery did not go through; the subclass says whether another try can help."""


class TryLater(DeliveryError):
    """The platform is not to be had now; the same call may go through later.

    ``retry_after`` is the platform's own wish in seconds (Slack's ``Retry-After``, Telegram's
    ``retry_after``); None leaves the wait to the outbox.
    """

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class Refused(DeliveryError):
    """The platform will never take this one; operators are told."""


class OutcomeUnknown(DeliveryError):
    """The call went out and its answer was lost: the platform may or may not have done it."""


class Unforeseen(OutcomeUnknown):
    """A fault of our own while showing it: tried a few times, then given up and told to the operators."""


class ThreadGone(DeliveryError):
    """The thread or topic was deleted on the platform; a new one is to be opened."""


class HubError(Exception):
    """A request to the hub that cannot be met; the message is for the person who asked."""


class OfficeClosed(HubError):
    """The office is closed: a message with contact details can be left instead."""


class NotMailed(HubError):
    """The conversation is not sent by e-mail; the message says why."""


class NotAllowed(HubError):
    """An operator blocked the conversation, or the address it came from; ``until`` None: for good."""

    def __init__(self, until: datetime | None) -> None:
        super().__init__()
        self.until = until
