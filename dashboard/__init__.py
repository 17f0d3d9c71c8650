"""The nightly roll-up, the statistics and the pages that show them."""
