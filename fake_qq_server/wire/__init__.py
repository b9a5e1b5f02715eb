"""Sockets: ports, TCP connections with delay and conditions, HTTP and WebSocket on them."""
