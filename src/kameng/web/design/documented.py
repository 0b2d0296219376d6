"""What the OpenAPI documents say of problems."""

from collections import defaultdict

from litestar.openapi.datastructures import ResponseSpec

from kameng.kernel.errors import InvalidInput, Refusal
from kameng.web.design.problems import HTTP_WORDS, PROBLEM_TYPE, UNEXPECTED, Problem


def problems(*refusals: type[Refusal], body: bool = True) -> dict[int, ResponseSpec]:
    """What an operation may be refused with, by status; with a body, also what is wrong with a body."""
    told: dict[int, list[str]] = defaultdict(list)
    for refusal in (*refusals, *((InvalidInput,) if body else ())):
        line = f"`{refusal.code}`: {refusal.words.chinese}"
        if line not in told[refusal.status]:
            told[refusal.status].append(line)
    for status in (400, 413, 415) if body else (400,):
        code, words = HTTP_WORDS[status]
        told[status].append(f"`{code}`: {words.chinese}")
    code, words = UNEXPECTED
    told[500].append(f"`{code}`: {words.chinese}")
    return {
        status: ResponseSpec(
            data_container=Problem,
            description="\n\n".join(lines),
            media_type=PROBLEM_TYPE,
            generate_examples=False,
        )
        for status, lines in sorted(told.items())
    }
