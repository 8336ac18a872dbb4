"""Code the platform keeps: the same bytes in every project, refreshed by `mlctl upgrade`."""
