"""Images: opening, changing and writing them."""
