"""What every protocol shares: the open snapshot, conversations, tokens, topics, words in the reader's language.

Knows none of the protocols.
"""
