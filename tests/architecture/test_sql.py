"""Every statement is understood by the database it will meet, and stands where statements belong."""

import ast
import importlib
import re
from pathlib import Path

import asyncpg
import pytest

from tests.architecture.source import ROOT, SOURCE, holds_sql, name_of, python_files, tree_of

STATEMENT = re.compile(
    r"\s*(--[^\n]*\n\s*)*"
    r"(SELECT|INSERT INTO|UPDATE(?= [a-z])|DELETE FROM|WITH|COPY|TRUNCATE|CREATE|ALTER|DROP|LOCK|MERGE|VALUES)\s"
)
# PREPARE takes only these; the rest is sent as it is.
PREPARABLE = re.compile(r"\s*(--[^\n]*\n\s*)*(SELECT|INSERT|UPDATE|DELETE|WITH|MERGE|VALUES)\s")
# Rows go in through the driver's own COPY.
COPIES = re.compile(r"copy_records_to_table|copy_to_table")

STORES = [file for file in python_files(SOURCE) if holds_sql(file) or file.parent == SOURCE / "kernel"]


def module_name(file: Path) -> str:
    return ".".join(file.relative_to(SOURCE.parent).with_suffix("").parts)


def plays_a_foreign_party(file: Path) -> bool:
    """The sandbox keeps books of its own, as a gateway far away would."""
    return "sandbox" in file.relative_to(SOURCE).parts


def statements_of(file: Path) -> dict[str, str]:
    """By full name. A private constant is a fragment others are made of, and is tried as a part of them."""
    module = importlib.import_module(module_name(file))
    return {
        f"{module.__name__}.{name}": value
        for name, value in vars(module).items()
        if name.isupper() and name[0] != "_" and isinstance(value, str) and STATEMENT.match(value)
    }


#: What is claimed is picked once, whatever the plan: inside a join or an IN the picking may run once for each row that
#: it is compared with, and then claims more than its limit each time.
CLAIM = re.compile(r"\s*(WITH|UPDATE|DELETE)\s.*SKIP LOCKED", re.DOTALL)
PICKED_ONCE = re.compile(r"= ANY \(ARRAY\(|AS MATERIALIZED|= \(SELECT")

STATEMENTS = {name: text for file in STORES for name, text in statements_of(file).items()}


@pytest.mark.anyio
async def test_every_statement_can_be_prepared_against_the_schema(template_url: str) -> None:
    connection = await asyncpg.connect(template_url)
    refused = {}
    for name, text in STATEMENTS.items():
        if PREPARABLE.match(text):
            try:
                await connection.prepare(text)
            except asyncpg.PostgresError as error:
                refused[name] = str(error)
    await connection.close()
    assert refused == {}


def test_what_is_claimed_is_picked_once() -> None:
    claims = {name: text for name, text in STATEMENTS.items() if CLAIM.match(text)}
    assert len(claims) >= 10
    assert [name for name, text in claims.items() if not PICKED_ONCE.search(text)] == []


@pytest.mark.parametrize("file", [file for file in STORES if holds_sql(file)], ids=name_of)
def test_a_store_keeps_its_statements_as_constants(file: Path) -> None:
    assert statements_of(file) or COPIES.search(file.read_text()), "a store without a statement"


@pytest.mark.parametrize("file", [file for file in STORES if holds_sql(file)], ids=name_of)
def test_statements_are_not_put_together_inside_functions(file: Path) -> None:
    tree = tree_of(file)
    builders = {
        node.func.id
        for statement in tree.body
        if isinstance(statement, ast.Assign)
        for node in ast.walk(statement)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    inside = [
        f"{node.lineno}: {node.value.strip()[:60]}"
        for function in tree.body
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and function.name not in builders
        for node in ast.walk(function)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and STATEMENT.match(node.value)
    ]
    assert inside == [], "name the statement at the top of the file, where the test above prepares it"


def test_every_store_is_private() -> None:
    """The import contract names them one by one, since it knows no pattern for parts of a name."""
    contracts = (ROOT / "pyproject.toml").read_text()
    modules = [module_name(file).split(".") for file in STORES if holds_sql(file)]
    assert [
        ".".join(module)
        for module in modules
        if f'"kameng.*.{module[-1]}"' not in contracts
        or f'"{".".join(module[:-1])}.* -> {".".join(module)}"' not in contracts
    ] == []


def test_statements_stand_in_stores_only() -> None:
    strays = [
        f"{name_of(file)}:{node.lineno}"
        for file in python_files(SOURCE)
        if file not in STORES and not plays_a_foreign_party(file)
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and STATEMENT.match(node.value)
    ]
    assert strays == []


def test_only_the_orders_store_writes_an_orders_state() -> None:
    writes = re.compile(
        r"\b(UPDATE orders\b[^;]*\bSET\b[^;]*\bstate\b|INSERT INTO orders\b|DELETE FROM orders\b)", re.DOTALL
    )
    writers = {name for name, text in STATEMENTS.items() if writes.search(text)}
    assert {name.rpartition(".")[0] for name in writers} == {"kameng.orders.store"}


def test_the_clock_is_ours_and_not_the_servers() -> None:
    asking = re.compile(r"\b(now\(\)|current_timestamp|clock_timestamp\(\)|localtimestamp)", re.IGNORECASE)
    assert [
        name for name, text in STATEMENTS.items() if asking.search(text) and not name.startswith("kameng.kernel.")
    ] == []


def test_nobody_notifies() -> None:
    """NOTIFY takes a lock of the whole database at every commit; followers read the tail of a table instead.

    The queue's own trigger, part of its schema as it is published, is the one exception.
    """
    notifying = re.compile(r"\bNOTIFY\s+[a-z_]+|pg_notify")
    assert [name for name, text in STATEMENTS.items() if notifying.search(text)] == []
    assert [
        file.name for file in sorted((ROOT / "migrations").glob("*.sql")) if notifying.search(file.read_text())
    ] == ["0006_jobs.sql"]
