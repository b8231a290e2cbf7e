"""Several knowledge bases served side by side: which they are. Knows `server/bases` and nothing of how one is made."""
