"""Lantern: job-person fit and its explanation, distilled from large language models, on Spark."""

__version__ = "0.1.0"
