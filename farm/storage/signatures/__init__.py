"""Amazon's two ways to sign a request, each in a header or in the query, and whose signature it is."""
