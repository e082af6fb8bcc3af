"""Telegram: operators answer in the topics of a group, or in reply chains where the group has none."""

from bridges.telegram.bridge import TelegramBridge

__all__ = ["TelegramBridge"]
