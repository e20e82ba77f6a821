"""Gates: one file for each judge, and what holds for all of them."""
