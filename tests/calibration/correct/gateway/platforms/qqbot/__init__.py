"""The QQ platform."""
