from kameng.staff.roles import ALLOWED, ROLE_NAMES, Permission, Role, may


def test_every_permission_has_a_row_and_every_role_a_name() -> None:
    assert set(ALLOWED) == set(Permission)
    assert set(ROLE_NAMES) == set(Role)


def test_the_owner_may_do_everything() -> None:
    assert all(may(Role.OWNER, permission) for permission in Permission)


def test_who_sells_does_not_touch_money_and_who_counts_money_sees_no_code() -> None:
    assert not may(Role.OPERATOR, Permission.REFUND_REQUEST)
    assert not may(Role.OPERATOR, Permission.ORDER_REVEAL)
    assert not may(Role.FINANCE, Permission.ORDER_REVEAL)
    assert not may(Role.CUSTOMER_SERVICE, Permission.REFUND_REQUEST)
    assert not any(may(role, Permission.GATEWAY_EDIT) for role in Role if role is not Role.OWNER)
