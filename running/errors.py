"""What keeps a command from doing its work."""


class StartError(Exception):
    """The command cannot go on; the message says what to do."""
