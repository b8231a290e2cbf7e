"""What a new user begins with: a FAQ to start from, and completion in the shell."""
