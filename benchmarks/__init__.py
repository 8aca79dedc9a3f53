"""Side-by-side measurements against rivals: ``python -m benchmarks``; never part of the tests."""
