"""Whether a request may write: its address is not blocked, and neither it nor its conversation writes too often."""

from ipaddress import ip_address, ip_network

from flask import current_app, request

from routing.bridge import ConversationInfo
from routing.hub import Hub
from web.limits import TooMuch, WriteLimits, never, one_visitor
from web.proof import HEADER, Proofs

_SHARED = tuple(
    ip_network(net)
    for net in (
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "::1/128",
        "fc00::/7",
        "fe80::/10",
    )
)
"""Addresses of no citizen at home: a web server in front that does not say whom it speaks for, or an office."""


async def admit(
    info: ConversationInfo | None = None, *, begins: bool = False, plain: bool = False
) -> str | None:
    """Let the request write, or refuse it; the mark of the address it came from, where that is one citizen's.

    ``begins``: a conversation, or a message with contact details. ``plain``: from a form without JavaScript, which
    nobody can do a proof of work in: there the limits are what holds.

    Raises
    ------
    NotAllowed
        If an operator blocked what comes from there.
    TooMuch
        If it is one too many, with the challenge whose solution lets it through, where there is one; operators are
        told once, where it is one conversation that does not stop.
    """
    hub: Hub = current_app.extensions["hub"]
    limits: WriteLimits = current_app.extensions["write_limits"]
    proofs: Proofs = current_app.extensions["proofs"]
    always = hub.settings.limits.proof_of_work == "always"
    address = request.remote_addr or ""
    hub.refuse_blocked(one_visitor(address))
    try:
        await limits.check(
            hub.settings,
            address,
            info.id if info is not None else None,
            begins=begins and not (plain and always),
            paid=never if plain else lambda: proofs.takes(request.headers.get(HEADER)),
        )
    except TooMuch as error:
        if error.load is not None and not plain:
            error.more["challenge"] = proofs.challenge(error.load)
        if info is not None and error.of_conversation:
            await hub.tell_of_flood(info)
        raise
    return None if _is_shared(address) else hub.mark_of(one_visitor(address))


def _is_shared(address: str) -> bool:
    """Whether to block it would be to block everybody."""
    try:
        given = ip_address(address)
    except ValueError:  # whatever a proxy calls it
        return True
    parsed = getattr(given, "ipv4_mapped", None) or given
    return any(parsed in net for net in _SHARED)
