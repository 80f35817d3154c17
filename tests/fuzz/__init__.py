"""Every operation of the API, called by programs that try what nobody would: schemathesis over the merged document."""
