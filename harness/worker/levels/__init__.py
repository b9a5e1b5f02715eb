"""How a worker drives a subject, one module a level: `prepare`, `load`, then `drive` until the run's end."""
