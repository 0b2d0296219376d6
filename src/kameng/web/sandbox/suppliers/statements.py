"""The warehouse's schema and statements (SQLite)."""

SCHEMA = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = OFF;
CREATE TABLE IF NOT EXISTS wares (
    number       TEXT PRIMARY KEY,
    name         TEXT NOT NULL,
    price_fen    INTEGER NOT NULL,
    kind         TEXT NOT NULL,
    stock        INTEGER,
    face_fen     INTEGER,
    on_sale      INTEGER NOT NULL,
    category     TEXT NOT NULL,
    quantity_max INTEGER NOT NULL,
    account_form TEXT NOT NULL,
    asks         TEXT NOT NULL,
    raw          TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS purchases (
    supplier_no  TEXT PRIMARY KEY,
    number       TEXT NOT NULL,
    goods        TEXT NOT NULL,
    quantity     INTEGER NOT NULL,
    account      TEXT NOT NULL,
    fields       TEXT NOT NULL,
    face_fen     INTEGER,
    unit_fen     INTEGER NOT NULL,
    cost_fen     INTEGER NOT NULL,
    state        TEXT NOT NULL DEFAULT 'running',
    delivered    INTEGER NOT NULL DEFAULT 0,
    refund_fen   INTEGER NOT NULL DEFAULT 0,
    codes        TEXT NOT NULL DEFAULT '[]',
    receipt      TEXT NOT NULL DEFAULT '',
    words        TEXT NOT NULL DEFAULT '',
    callback_url TEXT NOT NULL,
    placed_at    TEXT NOT NULL,
    ended_at     TEXT,
    due_at       TEXT,
    ending       TEXT NOT NULL,
    plan         TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS purchases_by_number ON purchases (number);
CREATE INDEX IF NOT EXISTS purchases_due ON purchases (due_at) WHERE state = 'running' AND due_at IS NOT NULL;
CREATE TABLE IF NOT EXISTS codes (
    number      TEXT PRIMARY KEY,
    password    TEXT NOT NULL UNIQUE,
    supplier_no TEXT NOT NULL REFERENCES purchases
);
CREATE TABLE IF NOT EXISTS entries (
    id          INTEGER PRIMARY KEY,
    supplier_no TEXT NOT NULL,
    fen         INTEGER NOT NULL,
    why         TEXT NOT NULL,
    at          TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS account (balance_fen INTEGER NOT NULL);
INSERT INTO account SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM account);
CREATE TRIGGER IF NOT EXISTS entry_moves_balance AFTER INSERT ON entries
BEGIN UPDATE account SET balance_fen = balance_fen + NEW.fen; END;
CREATE TABLE IF NOT EXISTS complaints (
    id          INTEGER PRIMARY KEY,
    supplier_no TEXT NOT NULL,
    words       TEXT NOT NULL,
    at          TEXT NOT NULL
);
"""

BEGIN = "BEGIN"
COMMIT = "COMMIT"
PUT_WARE = """
INSERT OR REPLACE INTO wares
    (number, name, price_fen, kind, stock, face_fen, on_sale, category, quantity_max, account_form, asks, raw)
VALUES (:number, :name, :price_fen, :kind, :stock, :face_fen, :on_sale, :category, :quantity_max, :account_form,
        :asks, :raw)
"""
FIND_WARE = "SELECT * FROM wares WHERE number = ?"
ALL_WARES = "SELECT * FROM wares ORDER BY number LIMIT ? OFFSET ?"
COUNT_WARES = "SELECT count(*) FROM wares"
TAKE_STOCK = "UPDATE wares SET stock = stock - ? WHERE number = ? AND stock IS NOT NULL"
ANY_ENTRY = "SELECT 1 FROM entries LIMIT 1"
BALANCE = "SELECT balance_fen FROM account"
ADD_ENTRY = "INSERT INTO entries (supplier_no, fen, why, at) VALUES (?, ?, ?, ?)"
ADD_PURCHASE = """
INSERT INTO purchases (supplier_no, number, goods, quantity, account, fields, face_fen, unit_fen, cost_fen,
                       callback_url, placed_at, due_at, ending, plan)
VALUES (:supplier_no, :number, :goods, :quantity, :account, :fields, :face_fen, :unit_fen, :cost_fen,
        :callback_url, :placed_at, :due_at, :ending, :plan)
"""
FIND_BY_NUMBER = "SELECT * FROM purchases WHERE number = ? ORDER BY rowid DESC LIMIT 1"
FIND_BY_SUPPLIER_NO = "SELECT * FROM purchases WHERE supplier_no = ?"
END_PURCHASE = """
UPDATE purchases
SET state = :state, delivered = :delivered, refund_fen = :refund_fen, codes = :codes, receipt = :receipt,
    words = :words, ended_at = :ended_at
WHERE supplier_no = :supplier_no AND state = 'running'
"""
ADD_CODE = "INSERT INTO codes (number, password, supplier_no) VALUES (?, ?, ?)"
ADD_COMPLAINT = "INSERT INTO complaints (supplier_no, words, at) VALUES (?, ?, ?)"
DUE_PURCHASES = "SELECT * FROM purchases WHERE state = 'running' AND due_at IS NOT NULL AND due_at <= ? ORDER BY due_at"
NEXT_DUE = "SELECT min(due_at) FROM purchases WHERE state = 'running' AND due_at IS NOT NULL"

EVERYTHING = {
    "purchases": """
        SELECT supplier_no, number, goods, quantity, account, face_fen, unit_fen, cost_fen, state, delivered,
               refund_fen, receipt, words, placed_at, ended_at
        FROM purchases WHERE :only IS NULL OR number = :only ORDER BY rowid
    """,
    "codes": """
        SELECT codes.number, codes.password, codes.supplier_no, purchases.number AS for_number
        FROM codes JOIN purchases USING (supplier_no) WHERE :only IS NULL OR purchases.number = :only
        ORDER BY codes.rowid
    """,
    "entries": """
        SELECT entries.id, entries.supplier_no, entries.fen, entries.why, entries.at
        FROM entries LEFT JOIN purchases USING (supplier_no)
        WHERE :only IS NULL OR purchases.number = :only ORDER BY entries.id
    """,
    "complaints": """
        SELECT complaints.id, complaints.supplier_no, complaints.words
        FROM complaints JOIN purchases USING (supplier_no) WHERE :only IS NULL OR purchases.number = :only
        ORDER BY complaints.id
    """,
}
EMPTY = (
    "DELETE FROM complaints; DELETE FROM codes; DELETE FROM purchases; DELETE FROM entries; "
    "UPDATE account SET balance_fen = 0;"
)
