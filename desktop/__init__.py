"""The application: window, workspaces, commands, settings, command line."""
