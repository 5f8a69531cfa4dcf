"""One function per method and path of the API; each file is one part of the published document."""
