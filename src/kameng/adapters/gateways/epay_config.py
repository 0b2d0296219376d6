"""What has to be known of an epay V1 channel before it can be used."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Self, cast

from kameng.adapters.options import Option, read_options
from kameng.kernel.text import Words

StartBy = Literal["mapi", "submit"]
SignWith = Literal["key", "&key="]
RefundDoneCode = Literal["1", "0"]

OPTIONS = (
    Option("base_url", Words("网关地址"), hint=Words("submit.php 所在的目录，例如 https://pay.example.com/")),
    Option("pid", Words("商户号 PID"), form="[0-9A-Za-z]+", form_words=Words("商户号只含数字和字母")),
    Option("key", Words("商户密钥"), secret=True),
    Option(
        "start_by",
        Words("下单方式"),
        default="mapi",
        choices={"mapi": Words("接口下单 mapi.php"), "submit": Words("页面跳转 submit.php")},
    ),
    Option(
        "sign_with",
        Words("签名方式"),
        default="key",
        choices={"key": Words("直接拼接密钥（标准）"), "&key=": Words("以 &key= 拼接密钥（少数网关）")},
    ),
    Option(
        "refund_done_code",
        Words("退款成功的返回码"),
        default="1",
        choices={"1": Words("1（标准）"), "0": Words("0（少数网关）")},
    ),
)


@dataclass(frozen=True)
class EpayConfig:
    """`base_url` ends in a slash. `sign_with` is what stands between the sorted fields and the key."""

    base_url: str
    pid: str
    key: str = field(repr=False)
    start_by: StartBy = "mapi"
    sign_with: SignWith = "key"
    refund_done_code: RefundDoneCode = "1"

    @classmethod
    def read(cls, config: Mapping[str, str]) -> Self:
        """From the fields of OPTIONS. Raises InvalidInput naming each field that is wrong."""
        values = read_options(OPTIONS, config)
        return cls(
            base_url=values["base_url"],
            pid=values["pid"],
            key=values["key"],
            start_by=cast(StartBy, values["start_by"]),
            sign_with=cast(SignWith, values["sign_with"]),
            refund_done_code=cast(RefundDoneCode, values["refund_done_code"]),
        )
