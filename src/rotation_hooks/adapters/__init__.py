"""AWS and MySQL behind the ports; their own errors stop here."""
