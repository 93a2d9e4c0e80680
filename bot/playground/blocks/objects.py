"""Composition objects: texts, options, confirmations."""

from collections.abc import Mapping

from bot.playground.blocks.checks import (
    Check,
    boolean,
    by_type,
    every,
    items,
    matching,
    one_of,
    rule,
    shape,
    string,
)

PLACEHOLDER_MAX = 150
OPTIONS_MAX = 100
OPTION_GROUPS_MAX = 100
URL_MAX = 3000
ID_MAX = 255

block_id: Check = string(ID_MAX)
action_id: Check = string(ID_MAX)
url: Check = every(string(URL_MAX), matching(r"(?s)(https?|slack|mailto):.+", "must be a URL"))


def plain(most: int) -> Check:
    """A plain_text object."""
    return shape(
        {"type": one_of("plain_text"), "text": string(most)},
        {"emoji": boolean},
    )


def text(most: int) -> Check:
    """A plain_text or mrkdwn object."""
    mrkdwn = shape({"type": one_of("mrkdwn"), "text": string(most)}, {"verbatim": boolean})
    return by_type({"plain_text": plain(most), "mrkdwn": mrkdwn})


confirm: Check = shape(
    {"title": plain(100), "text": text(300), "confirm": plain(30), "deny": plain(30)},
    {"style": one_of("primary", "danger")},
)


def option(label: Check, **more: Check) -> Check:
    """An option whose label is checked so."""
    return shape({"text": label, "value": string(150)}, more)


menu_option: Check = option(plain(75), description=plain(75))
overflow_option: Check = option(plain(75), description=plain(75), url=url)
listed_option: Check = option(text(75), description=text(75))

option_group: Check = shape(
    {"label": plain(75), "options": items(menu_option, OPTIONS_MAX)},
)

option_source: Mapping[str, Check] = {
    "options": items(menu_option, OPTIONS_MAX),
    "option_groups": items(option_group, OPTION_GROUPS_MAX),
}

one_option_source: Check = rule(
    lambda value: bool(value.get("options")) != bool(value.get("option_groups")),
    "must provide either options or option_groups",
)
