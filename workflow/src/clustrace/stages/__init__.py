"""What each stage of the workflow does; the scripts of the rules only call it."""
