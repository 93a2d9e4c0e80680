"""What the product costs above its limits, as ratios inside one run: `python -m benchmarks`."""
