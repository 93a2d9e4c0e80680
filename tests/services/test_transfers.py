from tests.company import Company


def test_a_transfer_moves_tokens_and_tells_the_recipient(company: Company) -> None:
    alice, bob = company.member("alice", available=1_000_000), company.member("bob")

    company.transfer(alice, bob, 250_000)

    assert (company.available(alice), company.available(bob)) == (750_000, 250_000)
    assert company.told() == [("tokens_received", bob)]
