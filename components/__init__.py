"""What is done: one module a step of the pipeline, and the rooms that the steps call."""
