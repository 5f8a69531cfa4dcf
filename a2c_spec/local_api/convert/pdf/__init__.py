"""PDF files: opening and saving them, their pages and their metadata."""
