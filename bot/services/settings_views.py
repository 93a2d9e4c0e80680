"""How a workspace is set up, for those who look after it."""

from datetime import datetime

from bot import prices
from bot.domain import permission, rates, retention
from bot.domain.directory import UserId, WorkspaceId
from bot.domain.roles import Deed
from bot.domain.settings_views import UNPRICED_DAYS, UNPRICED_MAX, SettingsView
from bot.services import settings, sources
from bot.storage import directory, identity_lists, rate_cards, unpriced
from bot.storage.database import Database


def view(
    database: Database, workspace_id: WorkspaceId, *, viewer: UserId, now: datetime
) -> SettingsView:
    """Sources, rates and what is missing. Raises `NotAllowed`."""
    with database.reading() as tx:
        permission.require_for_someone(
            directory.member(tx, workspace_id, viewer), Deed.SEE_SETTINGS
        )
        cards = rate_cards.cards(tx, workspace_id)
        models = unpriced.models(
            tx, workspace_id, since=(now - UNPRICED_DAYS).date(), limit=UNPRICED_MAX
        )
        names = identity_lists.count_waiting(tx, workspace_id)
        tokens = unpriced.waiting_tokens(tx, workspace_id)
        kept = settings.current(tx, workspace_id, retention.SETTING)
    return SettingsView(
        now=now,
        sources=sources.states(database, workspace_id, now),
        card=rates.card_at(cards, now),
        planned=next((card for card in cards if card.effective_from > now), None),
        list_prices=prices.VERSION,
        unpriced=models,
        waiting_names=names,
        waiting_tokens=tokens,
        calls_kept=kept,
    )
