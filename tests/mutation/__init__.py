"""Would the tests notice? Changes the code in one place at a time, and reports the changes that no test fails for."""
