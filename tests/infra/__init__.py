"""The templates: that they say the same as the code, and keep the house's rules."""
