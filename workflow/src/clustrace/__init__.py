"""clustrace: regenerate and audit the results of deep-clustering and sparse-autoencoder papers."""
