"""What was read of a file, for the next reading of the same content: in this run, and on disk for those to come.

Knows documents and their parts; nothing of how one is parsed, or where the files lie.
"""
