"""What may be wrong with a platform, a file for each subject; each has `faults(bench)`."""
