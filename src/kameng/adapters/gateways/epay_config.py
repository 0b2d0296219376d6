"""What has to be known of an epay V1 channel before it can be used."""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Self, cast
from urllib.parse import urlsplit

from kameng.adapters.options import Option
from kameng.kernel.errors import InvalidInput
from kameng.kernel.text import Words

StartBy = Literal["mapi", "submit"]
SignWith = Literal["key", "&key="]
RefundDoneCode = Literal["1", "0"]

OPTIONS = (
    Option("base_url", Words("网关地址"), hint=Words("submit.php 所在的目录，例如 https://pay.example.com/")),
    Option("pid", Words("商户号 PID")),
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
        values = {o.name: config.get(o.name, "").strip() or o.default or "" for o in OPTIONS}
        wrong = {o.name: Words("请填写") for o in OPTIONS if not values[o.name]}
        wrong |= {o.name: Words("没有这个选项") for o in OPTIONS if o.choices and values[o.name] not in o.choices}
        if "base_url" not in wrong:
            values["base_url"] = _folder(values["base_url"])
            if not _safe(values["base_url"]):
                wrong["base_url"] = Words("请填写 https:// 开头的地址（只有内网地址可以用 http）")
        if "pid" not in wrong and not (values["pid"].isascii() and values["pid"].isalnum()):
            wrong["pid"] = Words("商户号只含数字和字母")
        if wrong:
            raise InvalidInput(fields=wrong)
        return cls(
            base_url=values["base_url"],
            pid=values["pid"],
            key=values["key"],
            start_by=cast(StartBy, values["start_by"]),
            sign_with=cast(SignWith, values["sign_with"]),
            refund_done_code=cast(RefundDoneCode, values["refund_done_code"]),
        )


def _folder(url: str) -> str:
    """People paste the address of submit.php or mapi.php; its folder is meant."""
    head, _, last = url.rpartition("/")
    folder = head if last.endswith(".php") else url
    return folder.rstrip("/") + "/"


def _safe(url: str) -> bool:
    """The key travels in the query string, so nobody on the way may read it."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if not host or parts.query or parts.fragment or parts.username or not re.fullmatch(r"[!-~]+", url):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _inside(host))


def _inside(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host == "localhost"
