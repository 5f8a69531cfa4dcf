"""One command, one file, one function of that name; the only place that composes the rest."""
