"""SQLite files that outlive every ingest: made whole, checked to be ours, lent, and their errors told.

Knows nothing of what is in them: that is `kb/feedback` and `kb/keys`.
"""
