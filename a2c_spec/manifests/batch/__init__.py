"""From one Batch to many jobs: tables, files and matrices as rows, rows as jobs."""
