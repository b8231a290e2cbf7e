"""From a question to judged records: reading the question, candidates and their parts, the sentence that answers.

Knows one snapshot that is open; nothing of conversations, of measuring, or of who asks.
"""
