"""Forms: complaints, registers and reviews on paper, with room for signature and seal."""
