"""The chaos harness: virtual time, running subjects, judging."""
