"""The record: a patient's twin in one file, with its log, undo and provenance."""

from twin.record.entries import Call, Change, Entry, LogEntry
from twin.record.record import Record
from twin.steps import Attributes, Ref

__all__ = ["Attributes", "Call", "Change", "Entry", "LogEntry", "Record", "Ref"]
