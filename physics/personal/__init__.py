"""A left ventricle made one patient's: unloaded, fitted to images and a few numbers, with intervals."""
