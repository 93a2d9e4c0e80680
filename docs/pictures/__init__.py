"""Takes the pictures of README and docs anew, in the playground, in a real browser.

    .venv/bin/python -m docs.pictures            all of them
    .venv/bin/python -m docs.pictures weeks      those of one story

Needs the `[dev]` extra and Debian's chromium (`make browser`). Each module but `playground` and
`camera` is a story: the real bot is told to do something, and what people see is taken on the way,
light and dark. A story stops with an error where what it waits for doesn't come, so that pictures
show nothing that is not so.
"""
