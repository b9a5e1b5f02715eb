"""Toxiproxy's toxics as pure machines that are told the time. Both processes: parent and worker."""
