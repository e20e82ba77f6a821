"""The guard of deployments."""
