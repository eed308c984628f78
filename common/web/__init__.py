"""What makes either service a web server: its application, headers, pages of failure, gunicorn."""
