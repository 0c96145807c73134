"""The patron's own pages, one module a noun. Each view is behind `roles.signed_in` and finds rows among one's own."""
