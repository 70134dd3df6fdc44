"""Data sets: sources, fingerprints, label quarantine, preprocessing, artefacts."""
