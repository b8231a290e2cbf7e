"""One module each subcommand: its options, and what is called.

A command imports no other command, and none is imported before it is called.
"""
