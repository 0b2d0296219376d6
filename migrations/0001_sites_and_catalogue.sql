-- Who sells, what can be sold, and for how much.

CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE TABLE sites (
    id         smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code       text NOT NULL UNIQUE CHECK (code ~ '^[a-z][a-z0-9-]{1,30}$'),
    name       text NOT NULL,
    hosts      text[] NOT NULL DEFAULT '{}',
    colour     text NOT NULL CHECK (colour ~ '^#[0-9a-f]{6}$'),
    notice     text NOT NULL DEFAULT '',
    icp_number text NOT NULL DEFAULT '',
    position   integer NOT NULL DEFAULT 0
);

CREATE TABLE product_types (
    id       integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    slug     text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,60}$'),
    name     text NOT NULL,
    position integer NOT NULL DEFAULT 0
);

CREATE TABLE products (
    id              integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    type_id         integer NOT NULL REFERENCES product_types,
    slug            text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,60}$'),
    name            text NOT NULL,
    summary         text NOT NULL DEFAULT '',
    usage_note      text NOT NULL DEFAULT '',
    aliases         text[] NOT NULL DEFAULT '{}',
    -- A regular expression that every code of this product matches whole; NULL takes any.
    code_format     text,
    -- Vendors whose codes differ only by case keep it; all others are compared without.
    code_keeps_case boolean NOT NULL DEFAULT false,
    popularity      integer NOT NULL DEFAULT 0,
    pinned          boolean NOT NULL DEFAULT false,
    on_sale         boolean NOT NULL DEFAULT true,
    -- Derived from name and aliases when the product is saved.
    search_text     text NOT NULL,
    search_pinyin   text NOT NULL,
    search_initials text NOT NULL
);
CREATE INDEX products_by_type ON products (type_id, popularity DESC);

CREATE TABLE skus (
    id           integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id   integer NOT NULL REFERENCES products,
    face_value   text NOT NULL,
    price_fen    bigint NOT NULL CHECK (price_fen > 0),
    quantity_max integer NOT NULL DEFAULT 20 CHECK (quantity_max BETWEEN 1 AND 1000),
    position     integer NOT NULL DEFAULT 0,
    on_sale      boolean NOT NULL DEFAULT true,
    UNIQUE (product_id, face_value)
);

-- What the buyer was shown: written anew whenever the words change, never edited, so that an order points at
-- the very text it was placed under.
CREATE TABLE sku_versions (
    id           integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sku_id       integer NOT NULL REFERENCES skus,
    type_name    text NOT NULL,
    product_name text NOT NULL,
    face_value   text NOT NULL,
    usage_note   text NOT NULL,
    written_at   timestamptz NOT NULL
);
CREATE INDEX sku_versions_by_sku ON sku_versions (sku_id, id DESC);
