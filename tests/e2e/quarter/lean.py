"""The team whose pool runs short, told by hand: two people, a million each a week.

The pool begins with 3M. The first week takes 2M; for the second and third there is too little. On
Wednesday of the third 20M come, and that week is made good; the second stays unpaid. With 21M nine
more weeks are paid, up to that of 18 May; for those of 25 May and 1 June there is too little again.
"""

from datetime import date, timedelta

from tests.e2e.quarter import cast

_WEEK = timedelta(days=7)
_SHORT = ("2026-03-09", "2026-03-16", "2026-05-25", "2026-06-01")
#: In the order of days: whether a rule credited, how much, and how much expired.
_DIARY = [
    (date(2026, 3, 2), True, cast.MILLION, 0),
    (date(2026, 3, 9), False, 0, cast.MILLION),
    (date(2026, 3, 18), True, cast.MILLION, 0),
    *((date(2026, 3, 23) + _WEEK * n, True, cast.MILLION, cast.MILLION) for n in range(9)),
    (date(2026, 5, 25), False, 0, cast.MILLION),
]
DIARIES = {cast.account_of(name): list(_DIARY) for name in cast.LEAN.people}
TOLD = {
    **{
        ("allowance_unfunded", cast.user_of(who), day): 1
        for who in (cast.LEAN.manager, *cast.ADMINS)
        for day in _SHORT
    },
    # Nothing was left when the old week's expired and no new one came.
    **{
        ("low_balance", cast.user_of(name), f"{cast.account_of(name)} 0 {day}"): 1
        for name in cast.LEAN.people
        for day in ("2026-03-09", "2026-05-25")
    },
    # In May the pool began with 7M; on the 18th it had 1M.
    ("low_balance", cast.user_of(cast.LEAN.manager), "pool:lean 20 2026-05-01"): 1,
}
