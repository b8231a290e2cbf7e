"""What another hand may have written, held to what ours would be: HTML, SQLite files, models, paths, owners.

A knowledge base can come from anywhere, and its hashes prove only that nobody changed it since it was sealed. Knows
values and bytes; nothing of records, of snapshots, or of how either is read.
"""
