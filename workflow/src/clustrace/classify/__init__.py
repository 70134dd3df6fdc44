"""Feature learners and classifiers, one module a method."""
