"""What S3 can be asked for, one module a noun. Each function takes a Call and answers it."""
