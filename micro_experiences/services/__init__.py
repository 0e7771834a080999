"""What the app does, one module for each noun. Each table has one writer here."""
