"""`faq lint`: the command, how it tells what it finds, and the rules that need the model or the network."""
