"""What readers said, kept in one file beside the snapshots: events, redaction, writes that count once.

Knows nothing of snapshots, questions or HTTP.
"""
