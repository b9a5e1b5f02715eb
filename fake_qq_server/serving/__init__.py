"""The fake platform as a program of its own, in real time, with a control API. Runs in its own process."""
