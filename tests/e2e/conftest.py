from collections.abc import Iterator

import pytest

from tests.e2e.acts import hearing


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
