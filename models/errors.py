"""What can go wrong with the record, each with what to do about it."""

_ADVICE = {
    "full": "free some space on its disk",
    "locked": "another program holds it (a backup, an editor): let it finish, or stop it",
    "readonly": "give the user that runs this the right to write the file and its folder",
    "malformed": "it is damaged: stop this, and put a backup in its place",
    "not a database": "it is damaged: stop this, and put a backup in its place",
}
"""What the administrator can do, by a word of the database's own message."""


def advice_on(cause: object) -> str:
    """What can be done about it, after a colon; empty where nothing is known."""
    words = str(cause).lower()
    return next((f": {advice}" for word, advice in _ADVICE.items() if word in words), "")


class StorageError(Exception):
    """The database could not be written or read; nothing of the change was kept."""

    def __init__(self, cause: BaseException) -> None:
        super().__init__(f"the database cannot be used ({cause}){advice_on(cause)}")


class UnknownConversation(LookupError):
    """There is no conversation with this id (it never was, or it was erased)."""
