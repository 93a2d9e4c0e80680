"""Block elements: what can be clicked, chosen or typed into."""

from collections.abc import Mapping

from bot.playground.blocks import agreements, objects
from bot.playground.blocks.agreements import INPUT_LENGTH_MAX, SELECTED_ITEMS_MAX
from bot.playground.blocks.checks import (
    Check,
    anything,
    boolean,
    by_type,
    every,
    integer,
    items,
    matching,
    one_of,
    rule,
    shape,
    string,
)

BUTTON_TEXT_MAX = 75
BUTTON_VALUE_MAX = 2000
LISTED_OPTIONS_MAX = 10

_user_id = matching(r"[UW][A-Z0-9]+", "must be a user id")
_channel_id = matching(r"[CGD][A-Z0-9]+", "must be a channel id")
_date = matching(r"\d{4}-\d{2}-\d{2}", "must be a date YYYY-MM-DD")
_time = matching(r"([01]\d|2[0-3]):[0-5]\d", "must be a time HH:mm")
_decimal = matching(r"-?\d+(\.\d+)?", "must be a number in a string")
_placeholder = {"placeholder": objects.plain(objects.PLACEHOLDER_MAX)}
_often: Mapping[str, Check] = {
    "action_id": objects.action_id,
    "confirm": objects.confirm,
    "focus_on_load": boolean,
}
_picker: Mapping[str, Check] = {**_often, **_placeholder}


def _element(kind: str, required: Mapping[str, Check], optional: Mapping[str, Check]) -> Check:
    return shape({"type": one_of(kind), **required}, optional)


button: Check = _element(
    "button",
    {"text": objects.plain(BUTTON_TEXT_MAX)},
    {
        "action_id": objects.action_id,
        "confirm": objects.confirm,
        "value": string(BUTTON_VALUE_MAX),
        "url": objects.url,
        "style": one_of("primary", "danger"),
        "accessibility_label": string(75),
    },
)

image: Check = every(
    _element(
        "image",
        {"alt_text": string(2000)},
        {"image_url": objects.url, "slack_file": anything},
    ),
    rule(
        lambda value: bool(value.get("image_url")) != bool(value.get("slack_file")),
        "must provide either image_url or slack_file",
    ),
)

_initials = rule(agreements.initials_are_options, "initial option must be one of the options")
_few = rule(agreements.initials_are_few, "must not have more initial items than max_selected_items")

static_select: Check = every(
    _element(
        "static_select",
        {},
        {**_picker, **objects.option_source, "initial_option": objects.menu_option},
    ),
    objects.one_option_source,
    _initials,
)

multi_static_select: Check = every(
    _element(
        "multi_static_select",
        {},
        {
            **_picker,
            **objects.option_source,
            "initial_options": items(objects.menu_option, SELECTED_ITEMS_MAX),
            "max_selected_items": integer(1, SELECTED_ITEMS_MAX),
        },
    ),
    objects.one_option_source,
    _initials,
    _few,
)

users_select: Check = _element("users_select", {}, {**_picker, "initial_user": _user_id})

multi_users_select: Check = every(
    _element(
        "multi_users_select",
        {},
        {
            **_picker,
            "initial_users": items(_user_id, SELECTED_ITEMS_MAX),
            "max_selected_items": integer(1, SELECTED_ITEMS_MAX),
        },
    ),
    _few,
)

_of_conversations: Mapping[str, Check] = {
    "default_to_current_conversation": boolean,
    "filter": every(
        shape(
            {},
            {
                "include": items(one_of("im", "mpim", "private", "public"), 4),
                "exclude_external_shared_channels": boolean,
                "exclude_bot_users": boolean,
            },
        ),
        rule(bool, "must have at least one field"),
    ),
}
_many: Mapping[str, Check] = {**_picker, "max_selected_items": integer(1, SELECTED_ITEMS_MAX)}

conversations_select: Check = _element(
    "conversations_select",
    {},
    {
        **_picker,
        **_of_conversations,
        "initial_conversation": _channel_id,
        "response_url_enabled": boolean,
    },
)

multi_conversations_select: Check = every(
    _element(
        "multi_conversations_select",
        {},
        {
            **_many,
            **_of_conversations,
            "initial_conversations": items(_channel_id, SELECTED_ITEMS_MAX),
        },
    ),
    _few,
)

multi_channels_select: Check = every(
    _element(
        "multi_channels_select",
        {},
        {**_many, "initial_channels": items(_channel_id, SELECTED_ITEMS_MAX)},
    ),
    _few,
)

channels_select: Check = _element(
    "channels_select",
    {},
    {**_picker, "initial_channel": _channel_id, "response_url_enabled": boolean},
)

datepicker: Check = _element(
    "datepicker", {}, {**_picker, "initial_date": every(_date, agreements.day)}
)

timepicker: Check = _element(
    "timepicker", {}, {**_picker, "initial_time": _time, "timezone": string(100)}
)

overflow: Check = _element(
    "overflow",
    {"options": items(objects.overflow_option, 5)},
    {"action_id": objects.action_id, "confirm": objects.confirm},
)

checkboxes: Check = every(
    _element(
        "checkboxes",
        {"options": items(objects.listed_option, LISTED_OPTIONS_MAX)},
        {**_often, "initial_options": items(objects.listed_option, LISTED_OPTIONS_MAX)},
    ),
    _initials,
)

radio_buttons: Check = every(
    _element(
        "radio_buttons",
        {"options": items(objects.listed_option, LISTED_OPTIONS_MAX)},
        {**_often, "initial_option": objects.listed_option},
    ),
    _initials,
)

_dispatch_config = shape(
    {},
    {"trigger_actions_on": items(one_of("on_enter_pressed", "on_character_entered"), 2)},
)
_typed: Mapping[str, Check] = {
    "action_id": objects.action_id,
    "focus_on_load": boolean,
    "dispatch_action_config": _dispatch_config,
    **_placeholder,
}

plain_text_input: Check = every(
    _element(
        "plain_text_input",
        {},
        {
            **_typed,
            "initial_value": string(INPUT_LENGTH_MAX),
            "multiline": boolean,
            "min_length": integer(0, INPUT_LENGTH_MAX),
            "max_length": integer(1, INPUT_LENGTH_MAX),
        },
    ),
    rule(agreements.lengths_agree, "min_length must not exceed max_length"),
    rule(agreements.initial_fits, "initial_value must not exceed max_length"),
)

number_input: Check = every(
    _element(
        "number_input",
        {"is_decimal_allowed": boolean},
        {**_typed, "initial_value": _decimal, "min_value": _decimal, "max_value": _decimal},
    ),
    rule(agreements.range_agrees, "min_value must not exceed max_value"),
    rule(agreements.is_whole_unless_decimal, "decimals are not allowed"),
)

email_text_input: Check = _element(
    "email_text_input", {}, {**_typed, "initial_value": string(INPUT_LENGTH_MAX)}
)
url_text_input: Check = _element(
    "url_text_input", {}, {**_typed, "initial_value": string(INPUT_LENGTH_MAX)}
)

_MENUS: Mapping[str, Check] = {
    "static_select": static_select,
    "multi_static_select": multi_static_select,
    "users_select": users_select,
    "multi_users_select": multi_users_select,
    "conversations_select": conversations_select,
    "channels_select": channels_select,
    "multi_conversations_select": multi_conversations_select,
    "multi_channels_select": multi_channels_select,
    "datepicker": datepicker,
    "timepicker": timepicker,
    "checkboxes": checkboxes,
    "radio_buttons": radio_buttons,
}

in_actions: Check = by_type({"button": button, "overflow": overflow, **_MENUS})
in_section: Check = by_type({"button": button, "overflow": overflow, "image": image, **_MENUS})
in_context: Check = by_type(
    {
        "image": image,
        "plain_text": objects.text(INPUT_LENGTH_MAX),
        "mrkdwn": objects.text(INPUT_LENGTH_MAX),
    }
)
in_input: Check = by_type(
    {
        "plain_text_input": plain_text_input,
        "number_input": number_input,
        "email_text_input": email_text_input,
        "url_text_input": url_text_input,
        **_MENUS,
    }
)
