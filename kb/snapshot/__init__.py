"""What is published on disk: snapshots, their manifest, and building one.

Knows nothing of questions: how a record is found and judged is `kb/retrieval`.
"""
