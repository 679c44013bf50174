"""Keras layers and networks that families share."""
