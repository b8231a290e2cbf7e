"""Processes beside the server that find answers, so that every core works and none waits for the interpreter's lock.

`wire` sends values, `tasks` says what a worker can be asked, `nursery` is the process that workers are forked from,
`team` hands tasks to them, `staff` keeps a team for the live snapshot, and `asking` is what the protocols call.
"""
