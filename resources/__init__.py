"""Tables: materials, loads, colours, presets. No logic beyond handing them out."""
