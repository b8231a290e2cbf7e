"""The Model Context Protocol, over HTTP at `/mcp` and on standard input and output.

Imports no other protocol; `dispatch` turns a message into its reply and knows neither Flask nor files.
"""
