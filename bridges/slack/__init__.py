"""Slack: a conversation is a thread in a channel; operators answer in it, through Socket Mode."""

from bridges.slack.bridge import SlackBridge

__all__ = ["SlackBridge"]
