"""Operator and province of a number, as a guess."""

import pytest

from kameng.catalogue.phone_segment import OPERATOR_NAMES, Operator, Segment, segment_of


@pytest.mark.parametrize(
    ("number", "operator", "province"),
    [
        ("13800138000", "mobile", "北京"),
        ("13912345678", "mobile", "江苏"),
        ("18612345678", "unicom", "北京"),
        ("18901234567", "telecom", "北京"),
        ("19200001234", "broadcast", "广东"),
        ("17000011234", "virtual", "北京"),
        ("19900001234", "telecom", None),
        ("16500001234", "virtual", None),
        ("16000000000", None, None),
    ],
)
def test_a_number_has_the_operator_it_was_given_out_by(number: str, operator: str | None, province: str | None) -> None:
    assert segment_of(number) == Segment(Operator(operator) if operator else None, province)


@pytest.mark.parametrize("text", ["", "1", "138001", "138001380001", "1380013800x", "１３８００１３８０００"])
def test_what_is_no_number_belongs_nowhere(text: str) -> None:
    assert segment_of(text) == Segment(None, None)


def test_every_operator_has_a_name() -> None:
    assert set(OPERATOR_NAMES) == set(Operator)
