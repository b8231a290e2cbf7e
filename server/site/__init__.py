"""The pages as files for any plain file server, with a search that runs in the browser.

Knows the whole application; nothing imports it but the command that exports.
"""
