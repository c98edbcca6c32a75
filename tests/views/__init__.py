"""Tests of the pictures and of the views that follow."""
