"""Sound and video, converted with ffmpeg."""
