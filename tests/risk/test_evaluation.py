"""The scorecard against two invented weeks of which the truth is known: how much fraud it sees, whom it bothers."""

import pytest

from benchmarks.risk_shop import Tally, evaluate

pytestmark = [pytest.mark.anyio, pytest.mark.slow]

# Nothing tells these from honest strangers; see docs/risk.md.
UNSEEN = "bot farm over many networks"
# Who is asked for a second proof now and then, and why that can't be helped.
MAY_BE_ASKED = {"dormitory on a big evening", "big first spender"}


@pytest.mark.timeout(600)
async def test_most_fraud_is_seen_and_hardly_anybody_is_bothered(database_url: str) -> None:
    tallies, is_fraud = await evaluate(database_url, seed=7)
    fraud, honest = Tally(), Tally()
    for kind, tally in tallies.items():
        share = (tally.asked + tally.held) / tally.paid
        if is_fraud[kind]:
            assert kind == UNSEEN or share >= 0.6, (kind, tally)
            fraud += tally
        else:
            assert tally.held == 0, (kind, tally)
            assert share == 0 or kind in MAY_BE_ASKED, (kind, tally)
            honest += tally
    assert (fraud.asked + fraud.held) / fraud.paid >= 0.6
    assert fraud.held / fraud.paid >= 0.35
    assert (honest.asked + honest.held) / honest.paid <= 0.02
    assert honest.paid > 800
