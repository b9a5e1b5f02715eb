"""The process level as a whole: the table of fixes under a real systemd, a run, and interrupted ones."""
