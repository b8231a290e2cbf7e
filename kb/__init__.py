"""The knowledge base: records in, answers out. Knows nothing of Markdown, Flask or the terminal.

At the ground lie the values that every room shares; `knowledge` is the front door, above all rooms but those that
converse, measure and learn.
"""
