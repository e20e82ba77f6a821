"""What Shifter and the rotation hooks share."""
