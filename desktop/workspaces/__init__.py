"""The four tasks in the order in which a person works: images, anatomy, simulate, report."""
