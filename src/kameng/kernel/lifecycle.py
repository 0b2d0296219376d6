"""A state machine is one table: (state, event) → state. Whoever wants a new state asks it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

StateT = TypeVar("StateT", bound=StrEnum)


class IllegalTransition(Exception):
    """The event can't happen in this state."""

    def __init__(self, state: StrEnum, event: type) -> None:
        super().__init__(f"{event.__name__} can't happen in state {state}")
        self.state = state
        self.event = event


@dataclass(frozen=True)
class Lifecycle(Generic[StateT]):
    moves: Mapping[tuple[StateT, type], StateT]

    def after(self, state: StateT, event: type) -> StateT:
        """The state after `event`. Raises IllegalTransition."""
        target = self.moves.get((state, event))
        if target is None:
            raise IllegalTransition(state, event)
        return target

    def allows(self, state: StateT, event: type) -> bool:
        return (state, event) in self.moves
