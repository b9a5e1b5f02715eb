"""The fake platform in real time, with a control API: as a program of its own, or in a thread of a test's."""
