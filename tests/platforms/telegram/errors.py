"""The refusals Telegram answers with: `{"ok": false, "error_code": ..., "description": ...}`."""

from .records import Json


class TelegramRefusal(Exception):
    """A call that Telegram refuses; `code` is the HTTP status too, `parameters` go beside the words."""

    def __init__(self, code: int, description: str, parameters: Json | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    def answer(self) -> Json:
        """The JSON body of the refusal."""
        body: Json = {"ok": False, "error_code": self.code, "description": self.description}
        return {**body, "parameters": self.parameters} if self.parameters else body


def bad_request(words: str, parameters: Json | None = None) -> TelegramRefusal:
    """400 with Telegram's words."""
    return TelegramRefusal(400, f"Bad Request: {words}", parameters)


def forbidden(words: str) -> TelegramRefusal:
    """403: the bot is not, or may not be, there."""
    return TelegramRefusal(403, f"Forbidden: {words}")


def conflict(words: str) -> TelegramRefusal:
    """409: somebody else takes the updates."""
    return TelegramRefusal(409, f"Conflict: {words}")


def too_many(retry_after: int) -> TelegramRefusal:
    """429, with the seconds to wait."""
    words = f"Too Many Requests: retry after {retry_after}"
    return TelegramRefusal(429, words, {"retry_after": retry_after})


UNAUTHORIZED = TelegramRefusal(401, "Unauthorized")
NOT_FOUND = TelegramRefusal(404, "Not Found")
TOO_LARGE = TelegramRefusal(413, "Request Entity Too Large")
