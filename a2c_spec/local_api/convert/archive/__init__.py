"""Archives: packing files into them, and extracting them."""
