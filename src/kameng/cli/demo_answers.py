"""The demo's answers to common questions and what its staff write again and again."""

from kameng.aftersales.save_answer import AnswerDraft
from kameng.catalogue.filling import Delivers
from kameng.orders.lifecycle import OrderState

_S = OrderState

ANSWERS = (
    AnswerDraft(
        "how-long",
        "充值中多久到账？",
        "话费和流量一般几分钟内到账，月初、月末和晚高峰可能延长到几小时；游戏和会员一般 10 分钟内。"
        "订单页上的预计时间由最近的真实订单算出，到账后页面会自动更新。如果超过预计时间，系统会自动核实或换线路，不用重新下单。",
        "How long does a top-up take?",
        "Phone credit and data usually arrive within minutes, at busy hours within a few hours; games and memberships "
        "within ten minutes. The time on the order's page comes from real recent orders. If it takes longer, we check "
        "or use another line by ourselves: don't order again.",
        states=(_S.PAID, _S.DELIVERING, _S.RESUBMITTING),
        keywords=("没到账", "到账时间", "充值慢", "多长时间", "什么时候到"),
        position=10,
    ),
    AnswerDraft(
        "codes-invalid",
        "卡密无效怎么办？",
        "先确认没有多复制空格，字母 O 和数字 0、字母 I 和数字 1 没有混淆，并且在商品说明写的地方兑换。"
        "仍然提示无效或已使用，请在订单页点“申请售后”选“卡密无效”，最好附一张提示的截图。核实后会补发或退款。",
        "What if a code is invalid?",
        "Check that no blank was copied, that O and 0 or I and 1 are not mixed up, and that you redeem it where the "
        "product says. If it is still refused, open a case from the order's page and add a screenshot of the message. "
        "Once checked, the code is replaced or refunded.",
        states=(_S.DELIVERED, _S.COMPLETED),
        delivers=Delivers.CODES,
        keywords=("卡密用不了", "卡密错误", "已被使用", "兑换失败", "卡密打不开"),
        position=10,
    ),
    AnswerDraft(
        "where-are-codes",
        "卡密在哪里看？",
        "卡密就在订单页上，点“查看卡密”即可显示，可以随时再看。换了手机或浏览器时，用订单号和手机号后四位查单，"
        "再填写下单时的完整手机号或邮箱。",
        "Where do I find my codes?",
        "On the order's page, behind “Show codes”, as often as you like. On another device, look the order up with its "
        "number and the last four digits of your phone, then type the whole phone number or e-mail address.",
        states=(_S.DELIVERED, _S.COMPLETED),
        delivers=Delivers.CODES,
        keywords=("看不到卡密", "卡密不见了", "提取卡密"),
        position=20,
    ),
    AnswerDraft(
        "not-arrived-yet",
        "显示已到账，但账号里没有？",
        "请先重新登录或刷新账号，话费可拨打运营商客服电话或在营业厅 App 查询充值记录。核对订单页上的充值账号是否正确。"
        "仍然没有，请点“申请售后”选“一直没到账”，我们会向供货方要充值凭证。",
        "It says arrived, but my account shows nothing?",
        "Log in again or refresh first; phone credit can be seen in the operator's app. Compare the account on the "
        "order's page with yours. If it is still missing, open a case: we will ask the supplier for proof.",
        states=(_S.DELIVERED, _S.COMPLETED),
        delivers=Delivers.TOP_UP,
        keywords=("没有收到", "余额没变", "没充上"),
        position=10,
    ),
    AnswerDraft(
        "wrong-account",
        "充值账号填错了怎么办？",
        "尽快点“申请售后”选“充值账号填错了”。还没有提交给供货方的可以停下来；已经提交的会联系供货方核实，充错到别人账号的一般无法追回。"
        "所以下单时请核对两遍。",
        "I gave the wrong account. What now?",
        "Open a case at once. What has not gone to a supplier can be stopped; otherwise we ask the supplier. What has "
        "arrived at somebody else's account can hardly ever be taken back.",
        states=(_S.PAID, _S.DELIVERING, _S.DELIVERED, _S.EXCEPTION, _S.UNDER_REVIEW),
        delivers=Delivers.TOP_UP,
        keywords=("填错号码", "号码写错", "充错了", "改账号"),
        position=30,
    ),
    AnswerDraft(
        "paid-not-shown",
        "付了款，订单还显示待支付？",
        "支付渠道的通知有时会晚到，系统会自动查询，一般一两分钟内更新。订单已取消也不用担心：钱到账后有货会立即发货，没货会原路退款。"
        "超过 10 分钟仍未更新，请点“申请售后”选“付了款但没有显示”。",
        "I have paid, but the order still says unpaid?",
        "Channels sometimes tell us late; we ask them ourselves, usually within a minute or two. A cancelled order is "
        "no loss either: once the money is here it is delivered, or paid back. After ten minutes, open a case.",
        states=(_S.AWAITING_PAYMENT, _S.CANCELLED),
        events=("expired",),
        keywords=("扣了钱", "扣款成功", "没显示", "重复付款"),
        position=10,
    ),
    AnswerDraft(
        "how-to-pay",
        "支付页面打不开怎么办？",
        "换一种支付方式，或换个浏览器打开订单页再点支付。电脑上可以用手机扫码。支付时间截止前都可以重新支付，不会重复扣款。",
        "The payment page does not open?",
        "Take another way to pay, or open the order's page in another browser. You can try again until the time to pay "
        "is over; you will not be charged twice.",
        states=(_S.AWAITING_PAYMENT,),
        keywords=("支付失败", "无法支付", "二维码"),
        position=20,
    ),
    AnswerDraft(
        "in-doubt",
        "“正在核实”是什么意思？",
        "供货方没有给出明确的答复，我们正在逐笔查询。在弄清楚之前不会再次提交，所以不会重复充值；确认没有成功后会自动换线路或退款。",
        "What does “being verified” mean?",
        "The supplier's answer could not be read, so we keep asking. Until it is clear we don't order again, so "
        "nothing is charged twice; when it is known to have failed, another line is used or the money goes back.",
        events=("result_in_doubt", "delivery_stuck"),
        keywords=("核实中", "没有明确答复"),
        position=5,
    ),
    AnswerDraft(
        "under-review",
        "为什么在审核中？",
        "收到的金额与应付金额不一致，或者需要核对付款，由工作人员处理。核对后会发货或原路退款，您不用重复付款。",
        "Why is my order under review?",
        "What we received differs from what was owed, or the payment has to be checked by a person. Then it is "
        "delivered or paid back. Please don't pay again.",
        states=(_S.UNDER_REVIEW,),
        keywords=("审核", "人工审核"),
        position=10,
    ),
    AnswerDraft(
        "refund-when",
        "退款什么时候到账？",
        "退款原路退回到付款的账户，一般 1–3 个工作日到账，以支付渠道为准。可以在支付宝或微信的账单里查看。",
        "When will my refund arrive?",
        "It goes back the way it came, usually within one to three working days; see the bills of Alipay or WeChat.",
        states=(_S.REFUNDING, _S.REFUNDED, _S.EXCEPTION),
        events=("sold_out", "undeliverable", "surplus_received"),
        keywords=("退款", "退钱", "钱退回"),
        position=10,
    ),
    AnswerDraft(
        "lost-number",
        "忘记订单号怎么办？",
        "下单的手机或浏览器里打开订单页的历史记录即可。支付账单里的商户单号也能帮客服找到订单，但请不要把卡密发给任何人。",
        "I have lost my order number",
        "Look in the history of the browser you ordered with. The merchant number on your payment bill also helps us "
        "to find it. Never send a code to anybody.",
        keywords=("订单号", "找回订单", "查不到订单"),
        position=40,
    ),
)

MACROS = (
    ("要截图", "您好，我是客服 {staff}。为了尽快核实订单 {order_no}，请发一张提示页面的截图，可以遮住卡密的一半。"),
    ("正在核实", "您好，您的订单 {order_no}（{product}）正在核实，有结果会第一时间在这里回复您，请不要重复下单。"),
    ("已到账", "您好，供货方确认 {product} 已到账，请重新登录账号查看。如果仍然没有，请直接回复这条消息。"),
)
