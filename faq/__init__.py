"""The command line: parse arguments, call the library, print.

At the ground lie `main`, settings and the console; a command is a module of `commands`. Holds no logic of its own.
"""
