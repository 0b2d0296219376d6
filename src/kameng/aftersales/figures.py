"""How well the promises are kept: measured from the last thirty days' cases, for everybody to see."""

from dataclasses import dataclass
from datetime import timedelta

from kameng.aftersales import desk_store
from kameng.kernel.database import Database

MEASURED_OVER = timedelta(days=30)


@dataclass(frozen=True)
class ServiceFigures:
    """Medians are None where nothing is measured. A case that is still in time counts once it is answered or late."""

    cases: int
    answered_in_time: int
    answer_median: timedelta | None
    solved: int
    solved_in_time: int
    solution_median: timedelta | None

    @property
    def answered_percent(self) -> int | None:
        """Rounded down: a promise that was broken once was not kept always."""
        return self.answered_in_time * 100 // self.cases if self.cases else None

    @property
    def solved_percent(self) -> int | None:
        """Of those that are solved; one that had to be solved twice was not solved in time."""
        return self.solved_in_time * 100 // self.solved if self.solved else None


async def read_figures(db: Database) -> ServiceFigures:
    now = db.clock.now()
    async with db.reading() as connection:
        row = await desk_store.figures(connection, now - MEASURED_OVER, now)
    return ServiceFigures(
        cases=row["cases"],
        answered_in_time=row["answered_in_time"],
        answer_median=_length(row["answer_s"]),
        solved=row["solved"],
        solved_in_time=row["solved_in_time"],
        solution_median=_length(row["solution_s"]),
    )


def _length(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=float(seconds))
