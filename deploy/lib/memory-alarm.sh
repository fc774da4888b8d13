#!/bin/bash
# Raises or clears the memory alarm of an instance's RabbitMQ node, for tests.
# Usage: memory-alarm.sh INSTANCE-FOLDER raise|clear
set -euo pipefail

LIB=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
for part in common ports rabbitmq; do
    # shellcheck source=/dev/null
    . "$LIB/$part.sh"
done

INSTANCE=$(cd -- "$1" && pwd)
load_ports "$INSTANCE/ports"
case ${2:-} in
    raise) raise_memory_alarm ;;
    clear) clear_memory_alarm ;;
    *) fail "raise or clear" ;;
esac
