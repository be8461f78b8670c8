"""`make bench`: what the whole system costs over the parts it stands on, in the same run."""
