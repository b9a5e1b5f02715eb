"""What drives a subject and what observes it: the only modules that import hermes."""
