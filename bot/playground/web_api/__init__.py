"""Slack's Web API, as far as the bot may use it."""
