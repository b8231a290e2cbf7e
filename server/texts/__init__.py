"""The text of an answer for who shows it elsewhere: Markdown that leads somewhere, plain text, one sentence.

Knows no protocol, no request and no knowledge base: addresses are handed in.
"""
