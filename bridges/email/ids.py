"""What names a letter in the hub's tables and to the reader's mail program; made and read here only."""

NAME = "email"
"""The bridge's name."""


def message_id(key: str, part: int, sender: str) -> str:
    """The Message-ID (RFC 5322, 3.6.4) of part number ``part`` of the delivery ``key``.

    The same for each try of a delivery: a mail server or program that is given a letter twice, because the
    answer to the first was lost, can tell.
    """
    return f"<{key}.{part}@{sender.rpartition('@')[2]}>"
