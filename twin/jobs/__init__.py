"""Long work in processes of its own: progress, frames, cancel, and crashes that are survived."""

from twin.jobs.job import Job, JobState
from twin.jobs.step_job import StepJob
from twin.jobs.sweep import sweep

__all__ = ["Job", "JobState", "StepJob", "sweep"]
