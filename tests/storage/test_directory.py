from bot.domain.directory import Person, UserId
from bot.services import directory
from tests.company import Company
from tests.threads import at_once


def test_two_who_learn_of_the_same_people_lock_them_in_one_order(company: Company) -> None:
    people = [Person(user_id=UserId(f"U{n:04}"), name="") for n in range(500)]
    directory.learn(company.database, company.workspace_id, people, company.now)

    def learn(in_this_order: list[Person]) -> None:
        directory.learn(company.database, company.workspace_id, in_this_order, company.now)

    running = at_once([lambda: learn(people), lambda: learn(people[::-1])] * 3)

    assert [each.error for each in running] == [None] * 6
