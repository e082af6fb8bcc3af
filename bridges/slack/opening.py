"""First posts on their way: Slack may show a thread, and operators answer in it, before the hub knows it."""


class Opening:
    """Which channels have a first post under way, or one whose answer was lost."""

    def __init__(self) -> None:
        self._under_way: dict[str, set[str]] = {}

    def began(self, chat: str, key: str) -> None:
        """The delivery ``key`` is opening a thread in ``chat``."""
        self._under_way.setdefault(chat, set()).add(key)

    def settled(self, key: str) -> None:
        """It is known where that thread is, or that there is none."""
        for chat, keys in list(self._under_way.items()):
            keys.discard(key)
            if not keys:
                del self._under_way[chat]

    def any(self, chat: str) -> bool:
        """Whether a thread is being opened in ``chat``."""
        return chat in self._under_way
