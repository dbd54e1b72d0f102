"""The study browser: what lies in folders and on servers, to be looked through, fetched, imported, sent."""
