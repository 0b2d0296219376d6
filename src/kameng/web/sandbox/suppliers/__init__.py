"""Suppliers of our own, each a foreign party: other process, own port, own books, signatures written apart from ours.

A protocol is a module that holds an `EMULATION` and is named in `table.py`; `yrapi.py` is the smallest example:

    def _place(counter: Counter, visit: Visit) -> Said:
        fields = _signed_fields(counter, visit)                       # raises Declined(No.SIGNATURE)
        purchase = counter.place(Wanted(fields["out_trade_num"], fields["product_id"], …))   # raises Declined
        return Said({"errno": 0, "data": {"order_number": purchase.supplier_no}})

    def _decline(call: Call, no: No) -> Said: ...                     # the platform's own code and words
    def _errand(counter: Counter, purchase: Purchase) -> Errand: ...  # its signed callback

    EMULATION = Emulation(
        name="yrapi",
        credentials=("userid", "key"),
        endpoints=(Endpoint("/yrapi.php/index/recharge", Call.PLACE, _place), …),
        decline=_decline,
        errand=_errand,
        repeat=Repeat.REFUSED,
        code_names=frozenset({"errno"}),
        status_names=frozenset({"state"}),
    )

The books (`warehouse.py`), how orders go (`course.py`), callbacks (`courier.py`) and misbehaviour (`whims.py`) come
with it. A handler only checks the signature, reads fields, and writes the answer; entries of a catalogue go through
`counter.dressed(ware, entry)`, so that garbage can be put on them. In a test:

    wares = (Ware("1001", "话费 100 元", 9_850, face_fen=100_00, account_form="1[3-9][0-9]{9}"),)
    async with running_supplier("yrapi", Staging({"userid": "10001", "key": KEY}, wares)) as supplier:
        supplier.room.courses.usual = Course(None)                    # orders end only when told to
        supplier.room.whims.add(Call.PLACE, Whim(How.HANG, seconds=1))
        supplier.room.settle(supplier.warehouse.find(number="A-1"), Ending(State.FAILED))
        supplier.warehouse.everything("A-1")                          # purchases, codes, entries: the truth

From another process the same strings are pulled through `POST control/{course,whim,settle,callback,…}` (control.py).
"""
