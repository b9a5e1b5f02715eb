"""What people read: a run's story, lines for the terminal, the fix table. Pure, but for `terminal`."""
