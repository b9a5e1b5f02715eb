"""A calibration subject: a small correct bot in the place of hermes-agent. Our own code."""
