"""What admins are told of a silent source leads somewhere."""

from pathlib import Path

import pytest

from bot.adapters import ccusage, litellm, otlp_genai
from bot.providers import anthropic
from bot.slack.render.silences import ANY_PAGE, PAGES

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("page", sorted({*PAGES.values(), ANY_PAGE}))
def test_the_page_that_is_named_exists(page: str) -> None:
    assert (ROOT / page).is_file()


def test_every_source_that_has_a_page_of_its_own_is_sent_to_it() -> None:
    """But for our own client, which names its sources as one likes."""
    pages = {str(page.relative_to(ROOT)) for page in (ROOT / "docs/sources").glob("*.md")}

    assert pages - set(PAGES.values()) == {"docs/sources/python.md"}
    assert {ccusage.SOURCE, litellm.SOURCE, otlp_genai.SOURCE, anthropic.CLAUDE_CODE} <= set(PAGES)
