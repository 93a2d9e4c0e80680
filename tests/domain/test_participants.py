import pytest

from bot.domain import participants
from bot.domain.directory import SLACKBOT, Member, Person, Standing, UserId
from bot.domain.refusals import (
    MemberDeactivated,
    MemberIsBot,
    MemberIsForeign,
    MemberIsGuest,
    MemberMissing,
    MemberUnknown,
    Refusal,
)

ALICE = UserId("UALICE")
REFUSED: dict[Standing, type[Refusal]] = {
    Standing.UNSEEN: MemberUnknown,
    Standing.MISSING: MemberMissing,
    Standing.DEACTIVATED: MemberDeactivated,
    Standing.BOT: MemberIsBot,
    Standing.GUEST: MemberIsGuest,
    Standing.FOREIGN: MemberIsForeign,
}


def test_whoever_is_active_takes_part() -> None:
    participants.refuse_absent(
        Member(user_id=ALICE, standing=Standing.ACTIVE), outsiders_take_part=False
    )


@pytest.mark.parametrize("standing", [s for s in Standing if s is not Standing.ACTIVE])
def test_each_other_standing_has_its_own_refusal(standing: Standing) -> None:
    with pytest.raises(REFUSED[standing]) as refused:
        participants.refuse_absent(
            Member(user_id=ALICE, standing=standing), outsiders_take_part=False
        )

    assert refused.value.args == (ALICE,)


@pytest.mark.parametrize("standing", [Standing.GUEST, Standing.FOREIGN])
def test_outsiders_take_part_where_the_setting_says_so(standing: Standing) -> None:
    participants.refuse_absent(Member(user_id=ALICE, standing=standing), outsiders_take_part=True)


@pytest.mark.parametrize(
    "standing", [Standing.UNSEEN, Standing.MISSING, Standing.DEACTIVATED, Standing.BOT]
)
def test_the_setting_for_outsiders_lets_nobody_else_in(standing: Standing) -> None:
    with pytest.raises(REFUSED[standing]):
        participants.refuse_absent(
            Member(user_id=ALICE, standing=standing), outsiders_take_part=True
        )


@pytest.mark.parametrize(
    ("person", "standing"),
    [
        (Person(user_id=ALICE, name="alice"), Standing.ACTIVE),
        (Person(user_id=ALICE, name="alice", is_admin=True), Standing.ACTIVE),
        (Person(user_id=ALICE, name="alice", is_guest=True), Standing.GUEST),
        (Person(user_id=ALICE, name="alice", is_guest=True, is_foreign=True), Standing.FOREIGN),
        (
            Person(user_id=ALICE, name="alice", is_foreign=True, is_deactivated=True),
            Standing.DEACTIVATED,
        ),
        (Person(user_id=ALICE, name="app", is_bot=True, is_deactivated=True), Standing.BOT),
        (Person(user_id=SLACKBOT, name="slackbot"), Standing.BOT),
    ],
)
def test_slacks_flags_make_a_standing(person: Person, standing: Standing) -> None:
    assert person.standing is standing
