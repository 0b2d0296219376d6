"""Scorecard and lists on the command line."""

from tests.builders.command_line import Kameng, read

PHONE = "13800001234"


def test_weights_are_shown_changed_and_put_back(kameng: Kameng) -> None:
    assert "newcomers_of_network       25 points for each 6, 4 times at most" in kameng("risk", "card").output
    changed = kameng("risk", "weigh", "newcomers_of_network", "--mark", "40", "--points", "20", "--site", "2")
    assert changed.exit_code == 0, changed.output
    assert "20 points for each 40, 1 times" in kameng("risk", "card", "--site", "2").output
    assert "25 points for each 6" in kameng("risk", "card", "--site", "1").output
    kameng("risk", "weigh", "newcomers_of_network", "--site", "2")
    assert "25 points for each 6" in kameng("risk", "card", "--site", "2").output
    assert kameng("risk", "weigh", "night", "--mark", "1").exit_code == 2
    refused = kameng("risk", "weigh", "night", "--mark", "0", "--points", "5")
    assert refused.exit_code == 1
    assert "mark" in refused.output


def test_thresholds_are_set_and_wrong_ones_refused(kameng: Kameng) -> None:
    assert "middle from 50, high from 100; 24 hours" in kameng("risk", "card").output
    kameng("risk", "thresholds", "--middle", "40", "--high", "80", "--hours", "12")
    assert "middle from 40, high from 80; 12 hours" in kameng("risk", "card").output
    assert kameng("risk", "thresholds", "--middle", "80", "--high", "40").exit_code == 1


def test_somebody_is_listed_without_being_named(kameng: Kameng, database_url: str) -> None:
    put = kameng("risk", "put", "block", "contact", "--reason", "多次盗刷", "--days", "30", typed=f"{PHONE}\n")
    assert put.exit_code == 0, put.output
    shown = kameng("risk", "show").output
    assert "block" in shown
    assert "138********" in shown
    assert PHONE not in shown
    assert PHONE not in str(read(database_url, "SELECT * FROM risk_lists"))
    assert kameng("risk", "put", "block", "contact", "--reason", "盗刷", typed="1234\n").exit_code == 1
    assert kameng("risk", "drop", "1").exit_code == 0
    assert kameng("risk", "drop", "1").exit_code == 1
    assert kameng("risk", "show").output == ""
