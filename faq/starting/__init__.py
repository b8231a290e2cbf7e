"""The command that makes a FAQ to start from, and what it writes."""
