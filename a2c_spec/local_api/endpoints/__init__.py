"""The endpoints of the API: one function per method and path, one file per part of the published document."""
