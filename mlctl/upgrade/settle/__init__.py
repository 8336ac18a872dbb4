"""Settles, by structure and by line, what a line merge leaves needlessly; never decides between two meanings."""
