"""One run from inside its process: the fake platform, the levels that drive a subject, what observes it.

Runs in the worker only, under the subject's interpreter, and imports the standard library, what is lent to
it, and ours.
"""
