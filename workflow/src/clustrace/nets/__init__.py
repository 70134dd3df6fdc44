"""Plain torch modules and the functions of their outputs."""
