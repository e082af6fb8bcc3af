"""The refusal Slack answers with: `{"ok": false, "error": ...}` and HTTP 200."""

from typing import Any


class SlackError(Exception):
    """A Web API call that Slack refuses.

    `error` is Slack's own word for it (docs.slack.dev, "Errors" of each method); `extra` goes into the
    answer beside it, for example `response_metadata` or `needed`/`provided` for `missing_scope`.
    """

    def __init__(self, error: str, **extra: Any) -> None:
        super().__init__(error)
        self.error = error
        self.extra = extra

    def answer(self) -> dict[str, Any]:
        """The JSON body of the refusal."""
        return {"ok": False, "error": self.error, **self.extra}


def invalid_arguments(*messages: str) -> SlackError:
    """`invalid_arguments` with Slack's explanation of what was wrong."""
    return SlackError("invalid_arguments", response_metadata={"messages": [f"[ERROR] {m}" for m in messages]})
