"""The subject: which hermes-agent is meant, where it is, with which Python, and what is laid over it.

Runs in the parent; of it the worker uses `layouts` and the named fixes. `probe_script` runs by itself under
the subject's interpreter.
"""
