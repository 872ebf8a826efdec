"""Try one photo without a job, and keep it in the library if wanted."""
