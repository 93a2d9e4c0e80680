"""Structured logs: events with fields, as text or JSON; never bodies, secrets or people's notes."""

import logging
import sys
from typing import TextIO

import structlog

#: Below these levels the libraries tell of each request, Bolt and Slack's clients with its body;
#: what those two say above it, we say in our own words.
_LEVELS = (
    ("slack_bolt", logging.CRITICAL),
    ("slack_sdk.web", logging.CRITICAL),
    ("slack_sdk.webhook", logging.CRITICAL),
    ("slack_sdk.socket_mode", logging.WARNING),
    ("uvicorn", logging.WARNING),
    ("alembic", logging.WARNING),
    ("apscheduler", logging.WARNING),
)


def configure(log_format: str, to: TextIO | None = None) -> None:
    """Our events straight to standard error, the libraries' in the same form through `logging`.

    Straight, because the way through `logging` costs more than a whole `/tokens balance`.
    """
    output = to or sys.__stderr__ or sys.stderr
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    renderer = _renderer(log_format, is_terminal=output.isatty())
    structlog.configure(
        processors=[*shared, renderer],
        logger_factory=structlog.WriteLoggerFactory(output),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
    )
    handler = logging.StreamHandler(output)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name, level in _LEVELS:
        logging.getLogger(name).setLevel(level)


def _renderer(log_format: str, *, is_terminal: bool) -> structlog.typing.Processor:
    if log_format == "json":
        return structlog.processors.JSONRenderer()
    return structlog.dev.ConsoleRenderer(
        colors=is_terminal,
        exception_formatter=structlog.dev.plain_traceback,  # no locals: they hold bodies
    )
