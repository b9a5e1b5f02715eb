"""Its platforms: one."""
