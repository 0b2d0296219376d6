"""AES in ECB mode, against the examples in the platforms' documents."""

import pytest

from kameng.adapters.suppliers.ciphers import opened

# An example of 星海 (AES-128) and one of 卡易信 (AES-256).
SHORT = ("U88v0HHTLxUp9LUkj95AJA==", "sBOvCZZurSbbdJiA")
LONG_TEXT = (
    "C8bR0FfVx+zMUZf/AJS9eyw3rKn+adBuHYqqnSFk09railKZVUvJV0fWO8w6q7OVOEw5RO04TfllBP1+8sjiMyj57JHp/ABJEtnygPhyYjr/6upkY"
    "Gi0lAVTSfrxuJaf"
)
LONG = (LONG_TEXT, "5fb9600dd400b5e0853caed93ebbfb4e")


def test_the_published_examples_open() -> None:
    assert opened(*SHORT) == "14"
    assert opened(*LONG) == '[{"cancelRequest":1,"cardId":"764","cardNo":"123456789","cardPwd":"","status":0}]'


@pytest.mark.parametrize(
    ("wrapped", "key"),
    [
        (SHORT[0], "sBOvCZZurSbbdJiB"),
        (SHORT[0], "too short"),
        (SHORT[0][:-4], SHORT[1]),
        ("nothing of the kind", SHORT[1]),
        ("密文", SHORT[1]),
        ("", SHORT[1]),
    ],
)
def test_what_was_not_wrapped_with_the_key_stays_closed(wrapped: str, key: str) -> None:
    with pytest.raises(ValueError, match="not wrapped with this key") as error:
        opened(wrapped, key)
    assert error.value.__cause__ is None
    assert error.value.__context__ is None
