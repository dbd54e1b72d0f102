"""From a CT to its bones: one filled, named structure each."""
