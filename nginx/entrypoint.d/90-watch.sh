#!/bin/sh
# Watches the replicas of each service beside nginx, and begins again should a watch ever end.
watch() { while :; do /srv/watch "$1" "$2" /etc/nginx/conf.d /tmp/nginx.pid; sleep 1; done; }
watch auth_service "$AUTH_UPSTREAM" &
watch app_service "$APP_UPSTREAM" &
