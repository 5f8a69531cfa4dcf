"""Edge: where what we know and what was made is kept between runs."""
