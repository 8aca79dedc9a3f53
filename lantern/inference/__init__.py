"""Engines: tokenise, plan batches, run, restore the order. Knows torch, not Spark."""
