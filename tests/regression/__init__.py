"""The regression suite: what the released adapters do, run by run, against the known results."""
