"""Which language a text is in: by its script, for Latin letters by a detector; and what languages are called in paths.

Knows texts and codes (ISO 639-1, e.g. `zh`); nothing of records, files on disk or models of ours.
"""
