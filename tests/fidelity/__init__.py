"""The relay in virtual time beside a real Toxiproxy: the same traffic through both, and what arrives."""
