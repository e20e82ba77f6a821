"""The functions as they are invoked, and the state machine that invokes them."""
