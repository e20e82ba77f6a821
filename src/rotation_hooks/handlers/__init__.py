"""One Lambda each: parse, one call, answer."""
