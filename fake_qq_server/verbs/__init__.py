"""One verb a file; importing this package registers them all."""
