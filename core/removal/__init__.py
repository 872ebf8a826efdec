"""Where photos came from, what their licences ask for, and how they are taken away again."""
