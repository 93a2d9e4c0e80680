from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests import chromium
from tests.e2e.acts import hearing


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium.launched() as running:
        yield running


@pytest.fixture(autouse=True)
def acted(request: pytest.FixtureRequest) -> Iterator[None]:
    """What the test says it acts was sent by Chromium, and done."""
    said = {label for mark in request.node.iter_markers("acts") for label in mark.args}
    if not said:
        yield
        return
    slack, context = request.getfixturevalue("slack"), request.getfixturevalue("context")
    with hearing(slack, context) as heard:
        yield
    assert said - heard.labels == set()
