"""What `faq doctor` looks at, and what it puts right.

Knows the folder of a knowledge base and the prepared model; nothing of questions but one that it asks.
"""
