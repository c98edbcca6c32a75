"""The test kit: what a test of a realtime client needs. Nothing of the package imports it."""
