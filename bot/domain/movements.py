"""What was moved in a stretch of time, summed by kind and by the teams at both ends."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.domain.digests import Moves
from bot.domain.directory import TeamId
from bot.domain.ledger import AccountKind, EntryKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """Tokens that entries of one kind moved between accounts of two kinds, of these teams."""

    kind: EntryKind
    source: AccountKind
    source_team: TeamId | None
    destination: AccountKind
    destination_team: TeamId | None
    tokens: int
    entries: int

    @property
    def teams(self) -> set[TeamId]:
        return {team for team in (self.source_team, self.destination_team) if team is not None}


def moves(team_id: TeamId, flows: Iterable[Flow]) -> Moves:
    """What that meant for one team; a transfer within it counts once."""
    sums: dict[str, int] = {}
    for flow in flows:
        for name, count in _counted(flow, team_id).items():
            sums[name] = sums.get(name, 0) + count
    return Moves(**sums)


def _counted(flow: Flow, team_id: TeamId) -> dict[str, int]:
    comes = flow.destination_team == team_id
    to_member = comes and flow.destination is AccountKind.MEMBER
    from_member = flow.source_team == team_id and flow.source is AccountKind.MEMBER
    if from_member and flow.destination is AccountKind.EXPIRED:
        return {"expired": flow.tokens}
    if comes and flow.destination is AccountKind.POOL and flow.source is AccountKind.TREASURY:
        return {"issued": flow.tokens}
    if from_member and flow.kind is EntryKind.ALLOWANCE:  # it repaid an advance
        return {"allowances": -flow.tokens}
    named = {
        EntryKind.GRANT: ("granted", to_member),
        EntryKind.ALLOWANCE: ("allowances", to_member),
        EntryKind.ADVANCE: ("allowances", to_member),
        EntryKind.TRANSFER: ("transferred", to_member or from_member),
        EntryKind.RETURN: ("returned", from_member),
        EntryKind.REVERSAL: ("reversed", from_member),
    }
    name, is_theirs = named.get(flow.kind, ("", False))
    if not is_theirs:
        return {}
    times = {EntryKind.GRANT: "grants", EntryKind.TRANSFER: "transfers"}.get(flow.kind)
    return {name: flow.tokens, **({times: flow.entries} if times else {})}
