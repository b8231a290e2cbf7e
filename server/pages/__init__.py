"""What a person sees in a browser: pages, their templates and scripts, the widget for other sites.

Imports no other protocol.
"""
