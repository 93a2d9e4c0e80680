"""Runs inside the proxy: who calls, by the key that they send, which is their Slack id."""

from fastapi import Request
from litellm.proxy._types import UserAPIKeyAuth


async def user_auth(_request: Request, api_key: str) -> UserAPIKeyAuth:
    """The person whose key it is."""
    name = api_key.removeprefix("sk-")
    return UserAPIKeyAuth(api_key=api_key, user_id=name, key_alias=name)
