"""Azure's question answering below `/language/`.

Imports no other protocol.
"""
