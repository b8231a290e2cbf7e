"""The HTTP API of our own, and the document that describes it.

Imports no other protocol: what `/openapi.json` says of theirs is handed in.
"""
