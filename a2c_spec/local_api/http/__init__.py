"""Requests and answers: who calls, what a request holds, and how a job looks in an answer."""
