"""The step, the loop, checkpoints and callbacks."""
