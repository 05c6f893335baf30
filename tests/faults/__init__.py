"""The fault matrix: real projects, built in a process of their own under a hard limit, one row after the other."""
