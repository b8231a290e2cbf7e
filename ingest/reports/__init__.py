"""What is told of a document beside its records: what was skipped and why, what to look at, how much was read.

Knows blocks, styles and readings; nothing of how records are made.
"""
