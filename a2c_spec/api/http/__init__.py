"""HTTP without any knowledge of endpoints: requests, replies, retries, limits."""
