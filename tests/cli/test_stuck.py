"""What is stuck, and how long anything may stay, on the command line."""

from tests.builders.command_line import Kameng


def test_bounds_are_shown_set_and_put_back(kameng: Kameng) -> None:
    assert "delivering" in kameng("stuck", "bounds").output
    changed = kameng("stuck", "bound", "order", "delivering", "--minutes", "20", "--at-most", "90")
    assert changed.exit_code == 0, changed.output
    assert "20 minutes, 90 at most where it is learned; customer_service (set)" in kameng("stuck", "bounds").output
    assert kameng("stuck", "bound", "order", "exception:correction_asked", "--minutes", "60").exit_code == 0
    assert kameng("stuck", "bounds").output.count("(set)") == 2
    kameng("stuck", "bound", "order", "delivering")
    assert kameng("stuck", "bounds").output.count("(set)") == 1
    for wrong in (("order", "delivered", "--minutes", "5"), ("order", "paid", "--minutes", "5", "--at-most", "9")):
        assert kameng("stuck", "bound", *wrong).exit_code == 1


def test_what_is_stuck_is_listed(kameng: Kameng) -> None:
    assert "nothing is stuck" in kameng("stuck", "list").output
