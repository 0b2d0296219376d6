"""A state machine is asked, and refuses what its table does not say."""

from enum import StrEnum

import pytest

from kameng.kernel.lifecycle import IllegalTransition, Lifecycle


class Lamp(StrEnum):
    OFF = "off"
    ON = "on"
    BROKEN = "broken"


class Pressed:
    pass


class PressedHard(Pressed):
    pass


LAMP = Lifecycle[Lamp]({(Lamp.OFF, Pressed): Lamp.ON, (Lamp.ON, Pressed): Lamp.OFF})


def test_the_table_says_what_follows() -> None:
    assert LAMP.after(Lamp.OFF, Pressed) is Lamp.ON
    assert LAMP.allows(Lamp.ON, Pressed)


@pytest.mark.parametrize(("state", "event"), [(Lamp.BROKEN, Pressed), (Lamp.OFF, PressedHard), (Lamp.OFF, int)])
def test_what_is_not_in_the_table_is_refused(state: Lamp, event: type) -> None:
    assert not LAMP.allows(state, event)
    with pytest.raises(IllegalTransition, match=f"{event.__name__} can't happen in state {state}") as refusal:
        LAMP.after(state, event)
    assert (refusal.value.state, refusal.value.event) == (state, event)
