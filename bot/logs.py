"""Structured logs: events with fields, as text or JSON; never bodies, secrets or people's notes."""

import logging
import sys

import structlog


def configure(log_format: str) -> None:
    """Send our events and the libraries' through one formatter to standard error."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer()
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            exception_formatter=structlog.dev.plain_traceback,  # no locals: they hold bodies
        )
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # Below WARNING these tell of each request, Bolt and Slack's clients with its body; what they
    # say above it, we say in our own words.
    for name in ("slack_sdk.socket_mode", "uvicorn", "alembic", "apscheduler"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("slack_bolt", "slack_sdk.web", "slack_sdk.webhook"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
