"""Records, passages, checks and the lexical index of one snapshot, as one SQLite file.

`writing` makes it, `store` reads it. Knows values and tables; nothing of other files, of questions, or of how records
are judged.
"""
