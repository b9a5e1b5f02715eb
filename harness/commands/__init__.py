"""The commands, one file a kind. Each takes the parsed arguments and returns an exit status."""
