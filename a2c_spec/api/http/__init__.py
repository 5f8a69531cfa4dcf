"""HTTP without knowledge of any endpoint: requests, replies, retries, limits."""
