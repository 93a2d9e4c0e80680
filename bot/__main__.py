"""`python -m bot` is `tokenbot`."""

from bot.cli import main

main()
