"""The stories that scenarios tell, by who or what makes them happen."""
