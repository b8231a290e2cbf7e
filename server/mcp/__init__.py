"""The Model Context Protocol, over HTTP at `/mcp` and on standard input and output.

Imports no other protocol; `protocol` knows neither Flask nor files.
"""
