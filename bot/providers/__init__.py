"""Vendors' own usage reports, as usage events of ours. Nothing here knows the ledger."""
