"""Builds a snapshot of records: what is new is embedded, the rest is taken over from the one before.

Knows nothing of questions, and of Markdown only what stands in a record.
"""
