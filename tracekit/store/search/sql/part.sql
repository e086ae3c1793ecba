-- One file of the index. No positions and no texts are kept: `seq` is the row id, and the store has the rest.
CREATE VIRTUAL TABLE words USING fts5(
    text, content = '', detail = none, columnsize = 0,
    tokenize = "unicode61 remove_diacritics 0 categories 'L* N* M* Co' tokenchars '_'"
);
-- Words are gathered in memory up to `hashsize` bytes; segments on disk are merged sixteen at a time, which costs least.
INSERT INTO words (words, rank) VALUES ('hashsize', 8388608);
INSERT INTO words (words, rank) VALUES ('pgsz', 16000);
INSERT INTO words (words, rank) VALUES ('automerge', 16);
-- Which form this is, of which store, and the last seq that has been looked at.
CREATE TABLE about (version INTEGER NOT NULL, store VARCHAR NOT NULL, last INTEGER NOT NULL);
