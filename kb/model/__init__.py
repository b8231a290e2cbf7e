"""The encoder, and making one: from published weights to the small int8 model that runs without torch.

Knows nothing of records or snapshots. To answer, only `encoder` and `files` are loaded.
"""
