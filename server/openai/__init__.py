"""OpenAI's chat protocol below `/v1/`.

Imports no other protocol.
"""
