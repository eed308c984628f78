"""What `make run` does: the processes of the Procfile on this machine, without containers.

Programs that are missing come from the system's package manager (programs), Python packages into .venv
(venv). Each process gets its own environment (environment), nginx and Redis their files (rendering), in
the folder .run. All of it listens on 127.0.0.1 only, on ports next to PORT (ports), and ends together
(supervisor). harness/stack.py starts the same processes on free ports.
"""
