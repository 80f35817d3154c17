"""What complaints know of documents under control: the systems (制度) that serve clause 8.2, and who has read them."""
