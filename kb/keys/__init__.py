"""API keys: as values, and as a file of a knowledge base.

Knows nothing of HTTP, rates or who is asked.
"""
