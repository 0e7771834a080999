"""Install, uninstall (its exact mirror), seeds and sample data."""
