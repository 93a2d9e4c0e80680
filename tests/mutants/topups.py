"""Bugs in requests and their decisions."""

from tests.mutants.mutant import Mutant

MUTANTS = (
    Mutant(
        "a request is decided once, which two guards see to",
        "bot/services/decisions.py",
        "    if topup.state is not TopUpState.OPEN:\n        raise TopUpClosed(topup)\n",
        "",
        also=(
            (
                "bot/storage/topups.py",
                "            _topup.c.topup_id == topup_id,\n"
                "            _topup.c.state == TopUpState.OPEN.value,\n",
                "            _topup.c.topup_id == topup_id,\n",
            ),
        ),
    ),
    Mutant(
        "nobody decides their own request",
        "bot/services/decisions.py",
        "if actor == topup.requester and not approvers.is_only_one(tx, workspace_id, actor):",
        "if actor == topup.requester and not topup:",
    ),
    Mutant(
        "an approval grants the amount that was decided",
        "bot/services/decisions.py",
        "amount = topup.tokens if tokens is None else tokens",
        "amount = topup.tokens",
    ),
    Mutant(
        "only the requester withdraws",
        "bot/services/topups.py",
        "if topup is None or topup.requester != requester:",
        "if topup is None:",
        ("tests/services/test_topups.py", "-k", "sqlite"),
    ),
    Mutant(
        "every copy of a request learns of its end",
        "bot/services/topups.py",
        "    for user_id in have:\n",
        "    for user_id in list(have)[1:]:\n",
    ),
    Mutant(
        "a member has at most three open requests",
        "bot/services/topups.py",
        ">= rules.OPEN_MAX:",
        "> rules.OPEN_MAX:",
        ("tests/services/test_topups.py", "-k", "sqlite"),
    ),
)
