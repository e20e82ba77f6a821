"""One Lambda each: parse the event, make one engine call, dump the directive."""
