from collections.abc import Iterator
from typing import Any

import pytest

from tests.web.shopfront import Shopfront

pytestmark = pytest.mark.anyio

OPERATIONS = {
    "readCatalogue", "readStatus", "placeOrder", "startPayment", "cancelOrder", "proveOrder", "lookUp", "revealCodes",
    "readResubmission", "resubmit", "correctAccount", "confirmArrival",
    "listen", "ownOrder", "readHelp", "searchAnswers", "readService", "openCase", "readCase", "writeMessage",
    "judgeCase", "withdrawCase", "readPicture",
}  # fmt: skip


async def document(shopfront: Shopfront) -> dict[str, Any]:
    answer = await shopfront.get("/api/v1/openapi.json")
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    return told


def operations(told: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in told["paths"].values():
        yield from path.values()


async def test_the_document_is_openapi_3_1_and_names_every_operation(shopfront: Shopfront) -> None:
    told = await document(shopfront)
    assert told["openapi"].startswith("3.1")
    assert {operation["operationId"] for operation in operations(told)} == OPERATIONS
    assert all(operation["description"] for operation in operations(told))


async def test_every_operation_tells_its_problems_with_their_codes(shopfront: Shopfront) -> None:
    for operation in operations(await document(shopfront)):
        problems = {status: answer for status, answer in operation["responses"].items() if status >= "400"}
        assert "500" in problems
        for answer in problems.values():
            assert list(answer["content"]) == ["application/problem+json"]
            assert answer["description"].startswith("`")


async def test_what_needs_a_token_says_so(shopfront: Shopfront) -> None:
    for operation in operations(await document(shopfront)):
        assert ("401" in operation["responses"]) == bool(operation.get("security"))


async def test_amounts_are_integers_and_order_numbers_strings_with_examples(shopfront: Shopfront) -> None:
    schemas = (await document(shopfront))["components"]["schemas"]
    for schema in schemas.values():
        for name, told in schema.get("properties", {}).items():
            if name.endswith("_fen"):
                assert told["type"] == "integer"
            if name == "order_no":
                assert told["type"] == "string"
                assert told["examples"]
