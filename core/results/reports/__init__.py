"""Reports: what a job leaves to download, written as a stream and put in place whole."""
