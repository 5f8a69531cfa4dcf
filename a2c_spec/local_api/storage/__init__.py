"""Where files are: the service's own folder, and storage of the customer (S3, FTP)."""
