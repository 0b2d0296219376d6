"""Out: the other parties' protocols, each behind a port of ours."""
