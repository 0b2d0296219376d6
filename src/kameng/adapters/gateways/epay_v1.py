"""易支付 epay V1: the MD5 protocol of 彩虹易支付 and its many clones. One instance per configured channel.

Money is believed only from `api.php?act=order`; a notify is a reason to ask. Whatever can't be read is in doubt.
"""

from collections.abc import Awaitable, Mapping
from hmac import compare_digest
from urllib.parse import urljoin, urlsplit

from kameng.adapters.gateways.epay_config import EpayConfig
from kameng.adapters.gateways.epay_wire import goods_name, moment, read_answer, sign
from kameng.adapters.http import Answer, HttpClient
from kameng.kernel.errors import Outage
from kameng.kernel.money import fen_of, yuan
from kameng.payment.gateway import (
    Ask,
    Forged,
    InDoubt,
    Notice,
    Paid,
    PartlySentBack,
    PayByCode,
    PayByForm,
    PayByLink,
    QueryAnswer,
    RefundAnswer,
    RefundAsk,
    RefundDone,
    Refused,
    SentBack,
    StartAnswer,
    Unpaid,
)

_WORDS_MAX = 200
# Words of a "no" to a refund behind which the money may yet have moved: asked again, never simply tried again.
_UNSURE = (
    "超时",
    "处理中",
    "已受理",
    "已提交",
    "稍后",
    "繁忙",
    "网络",
    "异常",
    "未知",
    "已退",
    "重复",
    "timeout",
    "processing",
)


class EpayV1:
    """Implements `payment.gateway.Gateway`. `config` is checked by the caller (`EpayConfig.read`)."""

    acknowledgement = "success"
    rejection = "fail"

    def __init__(self, config: EpayConfig, *, http: HttpClient) -> None:
        self._config = config
        self._http = http

    async def start(self, ask: Ask) -> StartAnswer:
        fields = self._fields_of(ask)
        if self._config.start_by == "submit":
            return PayByForm(self._url("submit.php"), self._signed(fields))
        fields |= {"clientip": ask.client_address, "device": "mobile" if ask.on_phone else "pc"}
        said = await self._asked(self._http.post_form(self._url("mapi.php"), fields=self._signed(fields)))
        if isinstance(said, InDoubt):
            return said
        match said.get("code"):
            case "1":
                return self._pay_by(said, on_phone=ask.on_phone)
            case None:
                return InDoubt("an answer without a code")
            case code:
                return Refused(self._words(said, code))

    def read_notify(self, fields: Mapping[str, str]) -> Notice:
        if wrong := self._wrong_with(fields):
            raise Forged(wrong)
        paid = fields.get("trade_status") == "TRADE_SUCCESS"
        return Notice(fields["out_trade_no"], fields["trade_no"], fen_of(fields["money"]), paid)

    async def query(self, reference: str, *, trade_no: str | None) -> QueryAnswer:
        # Both numbers are sent: the original takes trade_no first, and some clones know out_trade_no alone.
        params = self._credentials() | {"act": "order", "out_trade_no": reference}
        if trade_no:
            params["trade_no"] = trade_no
        said = await self._asked(self._http.get(self._url("api.php"), params=params))
        if isinstance(said, InDoubt):
            return said
        code = said.get("code")
        if code == "1":
            return _state_of(said, reference, trade_no)
        msg = said.get("msg", "")
        # Answered as code -1; "商户不存在" (no such merchant) says nothing about the payment.
        if code is not None and "订单" in msg and "不存在" in msg:
            return Unpaid()
        return InDoubt(self._words(said, code or "no code"))

    async def refund(self, ask: RefundAsk) -> RefundAnswer:
        fields = self._credentials() | {
            "trade_no": ask.trade_no,
            "out_trade_no": ask.reference,
            "money": yuan(ask.amount_fen),
        }
        url = self._url("api.php") + "?act=refund"
        said = await self._asked(self._http.post_form(url, fields=fields))
        if isinstance(said, InDoubt):
            return said
        code = said.get("code")
        words = self._words(said, code or "no code")
        if code == self._config.refund_done_code:
            return RefundDone(words)
        # 0 and 1 both mean "done" somewhere; with the other one configured, neither is a clear no.
        if code in {None, "0", "1"} or not said.get("msg") or any(hint in words.lower() for hint in _UNSURE):
            return InDoubt(words)
        return Refused(words)

    def _wrong_with(self, fields: Mapping[str, str]) -> str | None:
        own = sign(fields, self._config.key, sign_with=self._config.sign_with)
        if not compare_digest(own.encode(), fields.get("sign", "").lower().encode("utf-8", "surrogatepass")):
            return "the signature is wrong"
        if fields.get("sign_type", "MD5").upper() != "MD5":
            return "not signed with MD5"
        if fields.get("pid") != self._config.pid:
            return "meant for another merchant"
        if not fields.get("out_trade_no") or not fields.get("trade_no"):
            return "names no payment"
        try:
            fen_of(fields.get("money", ""))
        except ValueError:
            return "names no amount"
        return None

    def _fields_of(self, ask: Ask) -> dict[str, str]:
        return {
            "pid": self._config.pid,
            "type": ask.method,
            "out_trade_no": ask.reference,
            "notify_url": ask.notify_url,
            "return_url": ask.return_url,
            "name": goods_name(ask.goods),
            "money": yuan(ask.amount_fen),
        }

    def _signed(self, fields: dict[str, str]) -> dict[str, str]:
        own = sign(fields, self._config.key, sign_with=self._config.sign_with)
        return fields | {"sign": own, "sign_type": "MD5"}

    def _credentials(self) -> dict[str, str]:
        return {"pid": self._config.pid, "key": self._config.key}

    def _url(self, page: str) -> str:
        return self._config.base_url + page

    def _words(self, said: Mapping[str, str], code: str) -> str:
        return self._redacted(f"{said.get('msg', '')} (code {code})")

    def _redacted(self, text: str) -> str:
        """What a gateway says may echo what it was sent; it ends in a row and in a log."""
        return text.replace(self._config.key, "***")[:_WORDS_MAX].strip()

    async def _asked(self, call: Awaitable[Answer]) -> dict[str, str] | InDoubt:
        try:
            answer = await call
        except Outage as outage:
            return InDoubt(str(outage))
        said = read_answer(answer.text)
        if said is not None and not 300 <= answer.status < 400:
            return said
        return InDoubt(self._redacted(f"HTTP {answer.status}, no JSON: {' '.join(answer.text.split())}"))

    def _pay_by(self, said: Mapping[str, str], *, on_phone: bool) -> StartAnswer:
        code, link, app = (said.get(name, "") for name in ("qrcode", "payurl", "urlscheme"))
        link = self._absolute(link)
        # A code on the phone's own screen can't be scanned with that phone.
        if code and not (on_phone and (link or app)):
            return PayByCode(code)
        if on_phone and _followable(app, app=True):
            return PayByLink(app)
        for address, is_app in ((link, False), (app, True)):
            if _followable(address, app=is_app):
                return PayByLink(address)
        return PayByCode(code) if code else InDoubt("accepted, but no place to pay")

    def _absolute(self, link: str) -> str:
        try:
            return urljoin(self._config.base_url, link) if link else ""
        except ValueError:
            return ""


def _state_of(said: Mapping[str, str], reference: str, trade_no: str | None) -> QueryAnswer:
    """Reads an answer with code 1. Status 1 is paid, 0 unpaid, 2 refunded (clones). `refundmoney`, where it is told, is
    all that was sent back so far."""
    found, status = said.get("trade_no", ""), said.get("status")
    if said.get("out_trade_no") != reference or (trade_no and found != trade_no):
        return InDoubt("an answer about another payment")
    if status == "0":
        return Unpaid()
    if status not in {"1", "2"} or not found:
        return InDoubt(f"status {status}")
    try:
        amount_fen = fen_of(said.get("money", ""))
        returned_fen = fen_of(said.get("refundmoney") or ("0" if status == "1" else yuan(amount_fen)))
    except ValueError:
        return InDoubt("an amount nobody can read")
    if status == "1" and 0 < returned_fen < amount_fen:
        return PartlySentBack(found, returned_fen)
    if amount_fen == 0 or 0 < returned_fen < amount_fen or (status == "1") != (returned_fen == 0):
        return InDoubt(f"paid {yuan(amount_fen)}, of which {yuan(returned_fen)} was sent back (status {status})")
    if status == "2":
        return SentBack(found)
    paid_at = moment(said.get("endtime"))
    return Paid(reference, found, amount_fen, paid_at, nothing_sent_back=bool(said.get("refundmoney")))


def _followable(address: str, *, app: bool) -> bool:
    """An address may be put before a buyer: a web page, or (`app`) a scheme that opens a wallet, never a script."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    scheme = parts.scheme.lower()
    if scheme in {"http", "https"}:
        return bool(parts.netloc)
    return app and scheme not in {"", "javascript", "data", "vbscript", "file", "blob", "about"}
