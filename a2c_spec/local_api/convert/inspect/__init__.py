"""What a file says about itself: type, metadata, checksums."""
