"""CMS NanoAOD: Level-1 and scouting objects in ROOT files."""
