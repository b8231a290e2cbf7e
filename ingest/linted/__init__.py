"""What the rules of `faq lint` share: a file as they see it, findings, their catalogue, what turns them off."""
