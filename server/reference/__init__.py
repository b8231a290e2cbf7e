"""What the document that describes the API is made of, where several protocols share it.

Knows none of the protocols: they hand in their operations.
"""
