"""Patterns that fit names of models and providers."""


def is_match(pattern: str, name: str) -> bool:
    """Whether the name is the pattern, in which each `*` stands for any characters or none.

    No regular expression: what an admin types must not be able to keep the intake busy.
    """
    first, *rest = pattern.lower().split("*")
    name = name.lower()
    if not rest:
        return name == first
    last = rest.pop()
    if not name.startswith(first) or len(name) < len(first) + len(last):
        return False
    if not name.endswith(last):
        return False
    at, end = len(first), len(name) - len(last)
    for part in rest:
        found = name.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def bare(model: str) -> str:
    """A model's name without the provider before it and the `[1m]` after it, in small letters."""
    return model.strip().lower().partition("[")[0].rpartition("/")[2]
