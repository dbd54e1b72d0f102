"""Reference patients: anatomy made by the project's own code, whose true shape is known."""
