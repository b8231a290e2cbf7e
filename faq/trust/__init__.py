"""What is believed of files that somebody else may have written: settings found on the way up, bases, and servers.

Knows files, owners and addresses; nothing of what the settings mean.
"""
