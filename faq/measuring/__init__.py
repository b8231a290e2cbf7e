"""The commands that measure and learn, one module each: how good the answers are, by questions with known answers."""
