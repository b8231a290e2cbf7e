"""The tables of `records.sqlite`."""

TABLES = """
CREATE TABLE records (
    position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
    language TEXT NOT NULL, twin TEXT NOT NULL, marks TEXT NOT NULL, path TEXT NOT NULL, source TEXT NOT NULL,
    digest BLOB NOT NULL, json TEXT NOT NULL
);
CREATE TABLE names (word TEXT PRIMARY KEY, source TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE moved (id TEXT PRIMARY KEY, successor TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE tags (tag TEXT NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (tag, position)) WITHOUT ROWID;
CREATE TABLE sections (
    section TEXT NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (section, position)
) WITHOUT ROWID;
CREATE TABLE versions (
    version TEXT NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (version, position)
) WITHOUT ROWID;
CREATE TABLE passages (row INTEGER PRIMARY KEY, kind TEXT NOT NULL, text TEXT NOT NULL, key TEXT NOT NULL);
CREATE TABLE views (number INTEGER PRIMARY KEY, key TEXT NOT NULL);
CREATE TABLE words (
    word TEXT PRIMARY KEY, first INTEGER NOT NULL, records INTEGER NOT NULL, most REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE sentences (
    number INTEGER PRIMARY KEY, position INTEGER NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL,
    first_token INTEGER NOT NULL, end_token INTEGER NOT NULL,
    header_first INTEGER NOT NULL, header_end INTEGER NOT NULL
);
CREATE TABLE checks (id TEXT PRIMARY KEY, json TEXT NOT NULL, script BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE cohort (row INTEGER PRIMARY KEY, key TEXT NOT NULL, tokens INTEGER NOT NULL);
"""
INDEXES = """
CREATE INDEX records_path ON records (path);
CREATE INDEX records_source ON records (source);
CREATE INDEX records_language ON records (language);
CREATE INDEX sentences_position ON sentences (position);
"""
"""Made once the rows are in: each is sorted in one go, and packed closely."""
SCHEMA = TABLES + INDEXES
