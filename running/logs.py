"""The log: one line an event, to standard error, with the office it is about where there are several."""

import asyncio
import contextvars
import logging
import sys

OFFICE: contextvars.ContextVar[str] = contextvars.ContextVar("office", default="")
"""The office on whose behalf something is done; nothing where there is only one."""


def set_up_logging() -> None:
    """One line an event, to standard error; libraries only when something is wrong with them."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine("%(asctime)s %(levelname)s %(name)s: %(office)s%(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in (
        "httpx",
        "httpcore",
        "apscheduler",
        "alembic",
        "uvicorn",
        "slack_bolt",
        "slack_sdk",
        "telegram",
    ):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("apscheduler.executors.default").addFilter(_no_cancelled_job)


def _no_cancelled_job(record: logging.LogRecord) -> bool:
    """A job that was under way at the end is cancelled; APScheduler takes that for a failure."""
    return not record.exc_info or not isinstance(record.exc_info[1], asyncio.CancelledError)


class OneLine(logging.Formatter):
    """Everything on one line, tracebacks too, so that a log can be read and counted by lines."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        office = OFFICE.get()
        record.office = f"[{office}] " if office else ""
        return super().format(record).replace("\n", " ⏎ ")
