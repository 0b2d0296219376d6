"""Small files, short functions, few parameters: the tail is where code becomes feared, so the maximum is bound."""

import ast
import re
from pathlib import Path

from tests.architecture.source import ROOT, SOURCE, functions, holds_sql, name_of, python_files, tracked_files, tree_of

FILE_LINES_MAX = 300
FUNCTION_LINES_MAX = 70
TEST_FUNCTION_LINES_MAX = 50
TEMPLATE_LINES_MAX = 80
POSITIONAL_MAX = 4

BANNED_NAMES = {"utils", "util", "helpers", "helper", "manager", "managers", "service", "services", "common", "misc"}
EVERYWHERE = python_files(SOURCE, ROOT / "tests", ROOT / "benchmarks", ROOT / "tools")


def test_a_file_can_be_read_in_one_sitting() -> None:
    long = {
        name_of(file): length for file in EVERYWHERE if (length := len(file.read_text().splitlines())) > FILE_LINES_MAX
    }
    assert long == {}


def test_a_function_fits_on_a_page() -> None:
    long = [
        f"{name_of(file)}:{function.lineno} {function.name}: {length}"
        for file in EVERYWHERE
        for function in functions(tree_of(file))
        if (length := (function.end_lineno or 0) - function.lineno + 1)
        > (TEST_FUNCTION_LINES_MAX if function.name.startswith("test_") else FUNCTION_LINES_MAX)
    ]
    assert long == []


def test_a_template_fits_on_a_page() -> None:
    long = {
        name_of(file): length
        for file in SOURCE.rglob("templates/**/*")
        if file.is_file() and (length := len(file.read_text().splitlines())) > TEMPLATE_LINES_MAX
    }
    assert long == {}


def test_what_others_call_takes_its_parameters_by_name() -> None:
    """How many there may be in all is the linter's rule (PLR0913). Stores are called from their own package only."""
    unnamed = []
    for file in python_files(SOURCE):
        for function in [] if holds_sql(file) else functions(tree_of(file)):
            positional = [a.arg for a in (*function.args.posonlyargs, *function.args.args)]
            own = function.name.startswith("_") or is_handler(function)
            if len(positional) - (positional[:1] in (["self"], ["cls"])) > POSITIONAL_MAX and not own:
                unnamed.append(f"{name_of(file)}:{function.lineno} {function.name}")
    assert unnamed == [], "make the later ones keyword-only"


def is_handler(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Route handlers, providers and commands are called by their framework, which names every argument."""
    return bool(function.decorator_list) or function.name.startswith("provide_")


def test_files_are_named_after_what_they_hold() -> None:
    assert [name_of(file) for file in EVERYWHERE if file.stem in BANNED_NAMES] == []


def test_a_verb_file_has_the_verb_it_is_named_after() -> None:
    """place_order.py holds place_order: whoever looks for a verb finds it by its file."""
    steps = ("checkout", "payment", "fulfilment")
    strays = []
    for file in python_files(*(SOURCE / step for step in steps)):
        verb = re.fullmatch(r"(place|cancel|add|start|hear|send|open|deliver)_\w+", file.stem)
        if verb and file.stem not in {function.name for function in functions(tree_of(file))}:
            strays.append(name_of(file))
    assert strays == []


def test_imports_stand_at_the_top() -> None:
    inline = [
        f"{name_of(file)}:{node.lineno}"
        for file in EVERYWHERE
        for function in functions(tree_of(file))
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert inline == []


def test_our_own_code_is_never_mocked() -> None:
    pretending = re.compile(r"(patch|setattr)\(\s*[\"']kameng|mock\.patch\.object")
    this = Path(__file__)
    assert [
        name_of(file) for file in python_files(ROOT / "tests") if file != this and pretending.search(file.read_text())
    ] == []


def test_no_page_is_written_in_python() -> None:
    """But for the page of a broken proxy, which the sandbox answers with to see what becomes of it."""
    markup = re.compile(r"</?(div|span|p|a|table|tr|td|html|body|form|input|button|script)\b[^>]*>")
    assert [
        f"{name_of(file)}:{node.lineno}"
        for file in python_files(SOURCE)
        if file.parent.name != "sandbox"
        for node in ast.walk(tree_of(file))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and markup.search(node.value)
    ] == []


def test_every_package_says_what_it_is() -> None:
    silent = [
        name_of(folder)
        for folder in {file.parent for file in python_files(SOURCE)}
        if not (folder / "__init__.py").exists() or not ast.get_docstring(tree_of(folder / "__init__.py"))
    ]
    assert silent == []


def test_files_name_no_machine_and_no_registry() -> None:
    """Paths of the machine they were written on, and package registries' addresses, mean nothing to anybody else."""
    telling = re.compile(
        r"/home/\w+/|/root/|/Users/\w+/|--index-url|--extra-index-url|\"resolved\": *\"http"
        r"|https?://(pypi\.org/simple|files\.pythonhosted\.org|registry\.npmjs\.org|registry\.yarnpkg\.com)"
    )
    this = Path(__file__)
    found = []
    for file in tracked_files():
        if file == this or file.suffix in {".png", ".woff2", ".ico", ".xlsx", ".webp", ".gz"}:
            continue
        for number, line in enumerate(file.read_text(errors="replace").splitlines(), 1):
            if telling.search(line):
                found.append(f"{name_of(file)}:{number} {line.strip()[:80]}")
    assert found == []
