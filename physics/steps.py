"""All steps of this floor: importing this module registers them."""

import physics.femur.landmarks
import physics.femur.model
import physics.heart_steps
import physics.mesh_beat_steps
import physics.solve  # noqa: F401
