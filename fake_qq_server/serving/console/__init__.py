"""The console: a page for a browser, to watch a served platform and to act on it through its control API."""
