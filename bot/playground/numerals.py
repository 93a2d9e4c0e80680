"""Whole numbers, as an address says them."""


def whole(text: str, *, digits: int) -> int:
    """The number of at most so many ASCII digits; 0 where it is none, for anybody can type it."""
    is_one = text.isascii() and text.isdigit() and len(text) <= digits
    return int(text) if is_one else 0
