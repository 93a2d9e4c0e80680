"""Runs inside the proxy: who calls, by the key that they send; stands in for LiteLLM's own keys."""

from fastapi import HTTPException, Request
from litellm.proxy._types import UserAPIKeyAuth

PEOPLE = frozenset(
    ("ana", "ben", "mia", "cleo", "dan", "eva", "finn", "gita", "hugo", "ivo", "juno", "kai")
) | {"lena", "mona", "nils", "olga"}
#: A service's, which calls for people.
HELPDESK = "helpdesk"


async def user_auth(_request: Request, api_key: str) -> UserAPIKeyAuth:
    """The person whose key it is: `sk-ana` is Ana's."""
    name = api_key.removeprefix("sk-")
    if name == HELPDESK:
        return UserAPIKeyAuth(api_key=api_key, key_alias=HELPDESK)
    if name not in PEOPLE:
        raise HTTPException(401, detail="nobody's key")
    return UserAPIKeyAuth(
        api_key=api_key,
        user_id=name,
        user_email=f"{name}@example.com",
        key_alias=f"{name}'s key",
        team_id="t-red",
        team_alias="red",
    )
