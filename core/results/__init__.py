"""What a job found: as pages show it and as report files hold it."""
