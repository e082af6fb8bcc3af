"""The careful mode: in a department that chose it, only what begins with the sign reaches the citizen.

Everything else written in its threads stays inside: colleagues can talk there without a slip of the finger
sending it out.
"""

SIGN = ">"
"""What a reply begins with; on Slack it turns into a quotation, which carries the same letter."""


def without_sign(text: str) -> str | None:
    """What is to be sent of ``text``; None where it does not begin with the sign."""
    first, *others = text.lstrip().split("\n")
    if not first.startswith(SIGN):
        return None
    bare = [_bare(first), *(_bare(line) if line.startswith(SIGN) else line for line in others)]
    return "\n".join(bare).strip()


def _bare(line: str) -> str:
    return line.removeprefix(SIGN).removeprefix(" ")
