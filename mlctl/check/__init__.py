"""`mlctl check`: projects held against the platform's standards; a room that runs nothing of what it looks at."""
