"""Where data comes from, and the array format that every later step reads. Importing this imports nothing."""
