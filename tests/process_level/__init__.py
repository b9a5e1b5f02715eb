"""The process level, tried as a whole: the table of fixes under a real systemd, and runs that are interrupted."""
