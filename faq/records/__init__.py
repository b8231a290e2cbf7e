"""The commands about stored records, one module each: which there are, one of them, what changed between snapshots.

They read records alone: neither a model nor a search index.
"""
