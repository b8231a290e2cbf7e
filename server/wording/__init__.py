"""The texts of pages and replies in every language, and what is said to small talk.

Knows no request and no application: the command line and agents speak with the same words.
"""
