"""The notebooks: executed from scratch, and looked at in a browser."""
